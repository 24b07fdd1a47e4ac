// Peers of the benchmarks that are in Go, both sides: Go's gRPC and ttrpc.
//
//	go-peer grpc|ttrpc serve PATH   serves at a Unix socket and says "ready"
//	go-peer grpc|ttrpc drive PATH   works for each line on standard input, and answers with one
//
//	stream|read|write|echo COUNT SIZE   so many messages or bodies; "done"
//	throughput IN_FLIGHT MS             calls for so long; how many a second
//	latencies IN_FLIGHT MS              calls one after another (IN_FLIGHT is 1); microseconds of each
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
)

func serve(kind, path string) error {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if kind == "grpc" {
		return serveGrpc(listener)
	}
	return serveTtrpc(listener)
}

func drive(kind, path string) error {
	dial := dialTtrpc
	if kind == "grpc" {
		dial = dialGrpc
	}
	c, err := dial(path)
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var work string
		var first, second uint32
		if _, err := fmt.Sscan(lines.Text(), &work, &first, &second); err != nil {
			return err
		}
		answer, err := run(c, work, first, second)
		if err != nil {
			return err
		}
		fmt.Println(answer)
	}
	return nil
}

func main() {
	if len(os.Args) != 4 || (os.Args[1] != "grpc" && os.Args[1] != "ttrpc") {
		fmt.Fprintln(os.Stderr, "usage: go-peer grpc|ttrpc serve|drive PATH")
		os.Exit(2)
	}
	side := serve
	if os.Args[2] == "drive" {
		side = drive
	}
	if err := side(os.Args[1], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
