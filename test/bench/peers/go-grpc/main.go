// Go's gRPC as a peer of the benchmarks of streams and of large messages: one program, both sides.
//
//	go-grpc serve PATH   serves at a Unix socket and says "ready"
//	go-grpc drive PATH   for each line "stream|read|echo COUNT SIZE" on standard input does so, and says "done"
//
// Its codec is written by hand: it takes less time than a generated one, so that none of what is measured is its fault.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/encoding/protowire"
)

const title = "A quite ordinary title of a search result"

type message interface {
	append([]byte) []byte
	parse([]byte) error
}

// request is bench.v1.TransferRequest.
type request struct{ count, size uint32 }

func (m *request) append(b []byte) []byte {
	b = protowire.AppendVarint(append(b, 8), uint64(m.count))
	return protowire.AppendVarint(append(b, 16), uint64(m.size))
}

func (m *request) parse(b []byte) error {
	return fields(b, func(number protowire.Number, value uint64, _ []byte) {
		if number == 1 {
			m.count = uint32(value)
		} else if number == 2 {
			m.size = uint32(value)
		}
	})
}

// found is bench.v1.SearchResponse.
type found struct {
	id    string
	score int32
	title string
}

func (m *found) append(b []byte) []byte {
	b = protowire.AppendString(append(b, 10), m.id)
	b = protowire.AppendVarint(append(b, 16), uint64(m.score))
	return protowire.AppendString(append(b, 26), m.title)
}

func (m *found) parse(b []byte) error {
	return fields(b, func(number protowire.Number, value uint64, text []byte) {
		switch number {
		case 1:
			m.id = string(text)
		case 2:
			m.score = int32(value)
		case 3:
			m.title = string(text)
		}
	})
}

// blob is bench.v1.Blob.
type blob struct{ data []byte }

func (m *blob) append(b []byte) []byte { return protowire.AppendBytes(append(b, 10), m.data) }

func (m *blob) parse(b []byte) error {
	return fields(b, func(_ protowire.Number, _ uint64, data []byte) { m.data = append([]byte(nil), data...) })
}

// fields calls visit for each field, numbers as value and everything else as bytes.
func fields(b []byte, visit func(protowire.Number, uint64, []byte)) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		var value uint64
		var data []byte
		if kind == protowire.VarintType {
			value, n = protowire.ConsumeVarint(b)
		} else {
			data, n = protowire.ConsumeBytes(b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		visit(number, value, data)
		b = b[n:]
	}
	return nil
}

type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(v any) ([]byte, error) {
	m := v.(message)
	room := 96
	if b, ok := m.(*blob); ok {
		room += len(b.data)
	}
	return m.append(make([]byte, 0, room)), nil
}

func (codec) Unmarshal(b []byte, v any) error { return v.(message).parse(b) }

var bodies = map[uint32][]byte{}

func body(size uint32) []byte {
	b := bodies[size]
	if b == nil {
		b = make([]byte, size)
		for i := range b {
			b[i] = byte(i * 31)
		}
		bodies[size] = b
	}
	return b
}

func find(_ any, stream grpc.ServerStream) error {
	var asked request
	if err := stream.RecvMsg(&asked); err != nil {
		return err
	}
	answer := &found{"doc-000000001234", 1500, title}
	for range asked.count {
		if err := stream.SendMsg(answer); err != nil {
			return err
		}
	}
	return nil
}

func read(_ any, stream grpc.ServerStream) error {
	var asked request
	if err := stream.RecvMsg(&asked); err != nil {
		return err
	}
	answer := &blob{body(asked.size)}
	for range asked.count {
		if err := stream.SendMsg(answer); err != nil {
			return err
		}
	}
	return nil
}

func echo(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var got blob
	return &got, decode(&got)
}

var service = grpc.ServiceDesc{
	ServiceName: "bench.v1.Transfer",
	HandlerType: (*any)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Echo", Handler: echo}},
	Streams: []grpc.StreamDesc{
		{StreamName: "Find", Handler: find, ServerStreams: true},
		{StreamName: "Read", Handler: read, ServerStreams: true},
	},
}

func serve(path string) error {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32))
	server.RegisterService(&service, struct{}{})
	fmt.Println("ready")
	return server.Serve(listener)
}

// receive reads one stream to its end, and checks that it had so many messages.
func receive(client *grpc.ClientConn, method string, asked *request, fresh func() message, check func(message) bool) error {
	stream, err := client.NewStream(context.Background(), &grpc.StreamDesc{ServerStreams: true}, method)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(asked); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for got := uint32(0); ; got++ {
		answer := fresh()
		if err := stream.RecvMsg(answer); errors.Is(err, io.EOF) {
			if got != asked.count {
				return fmt.Errorf("%d of %d messages", got, asked.count)
			}
			return nil
		} else if err != nil {
			return err
		}
		if !check(answer) {
			return errors.New("wrong message")
		}
	}
}

func work(client *grpc.ClientConn, kind string, count, size uint32) error {
	switch kind {
	case "stream":
		fresh := func() message { return new(found) }
		return receive(client, "/bench.v1.Transfer/Find", &request{count, 0}, fresh, func(m message) bool {
			return m.(*found).title == title
		})
	case "read":
		fresh := func() message { return new(blob) }
		return receive(client, "/bench.v1.Transfer/Read", &request{count, size}, fresh, func(m message) bool {
			return len(m.(*blob).data) == int(size)
		})
	case "echo":
		sent := &blob{body(size)}
		for range count {
			var got blob
			if err := client.Invoke(context.Background(), "/bench.v1.Transfer/Echo", sent, &got); err != nil {
				return err
			}
			if len(got.data) != int(size) {
				return errors.New("wrong body")
			}
		}
		return nil
	}
	return fmt.Errorf("no work is called %q", kind)
}

func drive(path string) error {
	client, err := grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)))
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var kind string
		var count, size uint32
		if _, err := fmt.Sscan(lines.Text(), &kind, &count, &size); err != nil {
			return err
		}
		if err := work(client, kind, count, size); err != nil {
			return err
		}
		fmt.Println("done")
	}
	return nil
}

func main() {
	encoding.RegisterCodec(codec{})
	if len(os.Args) != 3 || (os.Args[1] != "serve" && os.Args[1] != "drive") {
		fmt.Fprintln(os.Stderr, "usage: go-grpc serve|drive PATH")
		os.Exit(2)
	}
	run := serve
	if os.Args[1] == "drive" {
		run = drive
	}
	if err := run(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
