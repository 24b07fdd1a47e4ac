package main

import (
	"errors"
	"io"
)

const title = "A quite ordinary title of a search result"

var (
	asked  = &search{"find-nearest-plugin-by-name0", 10}
	answer = &found{"doc-000000001234", 1500, title}
)

// stream is what both frameworks' streams are, on either side.
type stream interface {
	send(message) error
	receive(message) error
}

var bodies = map[uint32][]byte{}

// body is of a size; the driver asks for one at a time.
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

func handleSearch(got *search) (*found, error) {
	if got.limit != asked.limit {
		return nil, errors.New("wrong limit")
	}
	return answer, nil
}

func handleFind(s stream) error {
	var got request
	if err := s.receive(&got); err != nil {
		return err
	}
	return sendMany(s, answer, got.count)
}

func handleRead(s stream) error {
	var got request
	if err := s.receive(&got); err != nil {
		return err
	}
	return sendMany(s, &blob{body(got.size)}, got.count)
}

func sendMany(s stream, m message, count uint32) error {
	for range count {
		if err := s.send(m); err != nil {
			return err
		}
	}
	return nil
}

// handleWrite takes bodies until their end, and says how much they were.
func handleWrite(s stream) (*written, error) {
	var total written
	for {
		var got blob
		if err := s.receive(&got); errors.Is(err, io.EOF) {
			return &total, nil
		} else if err != nil {
			return nil, err
		}
		total.size += uint64(len(got.data))
	}
}
