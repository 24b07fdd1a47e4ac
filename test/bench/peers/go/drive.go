package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const deadline = 30 * time.Second

// client is what both frameworks' clients can do.
type client interface {
	search(*found) error
	echo(sent, got *blob) error
	// open asks for a stream of Find or Read.
	open(method string, asked *request) (stream, error)
	// write opens a stream of bodies; the function ends it.
	write() (stream, func() error, error)
}

// run does one line's work, and says what the line is answered with.
func run(c client, work string, first, second uint32) (string, error) {
	switch work {
	case "throughput":
		return throughput(c, int(first), time.Duration(second)*time.Millisecond)
	case "latencies":
		return latencies(c, time.Duration(second)*time.Millisecond)
	case "stream":
		return "done", receive(c, "Find", &request{first, 0}, func(s stream) (bool, error) {
			var got found
			err := s.receive(&got)
			return got.title == title, err
		})
	case "read":
		return "done", receive(c, "Read", &request{first, second}, func(s stream) (bool, error) {
			var got blob
			err := s.receive(&got)
			return len(got.data) == int(second), err
		})
	case "write":
		return "done", send(c, first, second)
	case "echo":
		return "done", echo(c, first, second)
	}
	return "", fmt.Errorf("no work is called %q", work)
}

func call(c client) error {
	var got found
	if err := c.search(&got); err != nil {
		return err
	}
	if got != *answer {
		return errors.New("wrong answer")
	}
	return nil
}

func throughput(c client, inFlight int, span time.Duration) (string, error) {
	var done atomic.Int64
	var failed atomic.Value
	var all sync.WaitGroup
	start := time.Now()
	for range inFlight {
		all.Go(func() {
			for time.Since(start) < span {
				if err := call(c); err != nil {
					failed.Store(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	if err, ok := failed.Load().(error); ok {
		return "", err
	}
	return strconv.FormatFloat(float64(done.Load())/time.Since(start).Seconds(), 'f', 1, 64), nil
}

func latencies(c client, span time.Duration) (string, error) {
	var text strings.Builder
	start := time.Now()
	for before := start; before.Sub(start) < span; {
		if err := call(c); err != nil {
			return "", err
		}
		now := time.Now()
		fmt.Fprintf(&text, "%.1f ", float64(now.Sub(before).Nanoseconds())/1000)
		before = time.Now()
	}
	return text.String(), nil
}

// receive reads one stream to its end, and checks that it had so many messages.
func receive(c client, method string, asked *request, next func(stream) (bool, error)) error {
	s, err := c.open(method, asked)
	if err != nil {
		return err
	}
	for got := uint32(0); ; got++ {
		right, err := next(s)
		if errors.Is(err, io.EOF) {
			if got != asked.count {
				return fmt.Errorf("%d of %d messages", got, asked.count)
			}
			return nil
		} else if err != nil {
			return err
		}
		if !right {
			return errors.New("wrong message")
		}
	}
}

// send writes one stream of bodies, and checks that they came.
func send(c client, count, size uint32) error {
	s, end, err := c.write()
	if err != nil {
		return err
	}
	if err := sendMany(s, &blob{body(size)}, count); err != nil {
		return err
	}
	if err := end(); err != nil {
		return err
	}
	var total written
	if err := s.receive(&total); err != nil {
		return err
	}
	if total.size != uint64(count)*uint64(size) {
		return fmt.Errorf("%d bytes came", total.size)
	}
	return nil
}

func echo(c client, count, size uint32) error {
	sent := &blob{body(size)}
	for range count {
		var got blob
		if err := c.echo(sent, &got); err != nil {
			return err
		}
		if len(got.data) != int(size) {
			return errors.New("wrong body")
		}
	}
	return nil
}
