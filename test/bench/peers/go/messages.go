package main

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// message is one that is encoded and decoded by hand, which takes less time than generated code.
type message interface {
	append([]byte) []byte
	parse([]byte) error
	// room is what its encoding takes at most.
	room() int
}

func encode(m message) []byte { return m.append(make([]byte, 0, m.room())) }

// search is bench.v1.SearchRequest.
type search struct {
	query string
	limit int32
}

func (m *search) room() int { return 96 }

func (m *search) append(b []byte) []byte {
	b = protowire.AppendString(append(b, 10), m.query)
	return protowire.AppendVarint(append(b, 16), uint64(m.limit))
}

func (m *search) parse(b []byte) error {
	return fields(b, func(number protowire.Number, value uint64, text []byte) {
		if number == 1 {
			m.query = string(text)
		} else if number == 2 {
			m.limit = int32(value)
		}
	})
}

// found is bench.v1.SearchResponse.
type found struct {
	id    string
	score int32
	title string
}

func (m *found) room() int { return 96 }

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

// request is bench.v1.TransferRequest.
type request struct{ count, size uint32 }

func (m *request) room() int { return 12 }

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

// blob is bench.v1.Blob.
type blob struct{ data []byte }

func (m *blob) room() int { return len(m.data) + 12 }

func (m *blob) append(b []byte) []byte { return protowire.AppendBytes(append(b, 10), m.data) }

func (m *blob) parse(b []byte) error {
	return fields(b, func(_ protowire.Number, _ uint64, data []byte) { m.data = append([]byte(nil), data...) })
}

// written is bench.v1.WriteResponse.
type written struct{ size uint64 }

func (m *written) room() int { return 12 }

func (m *written) append(b []byte) []byte { return protowire.AppendVarint(append(b, 8), m.size) }

func (m *written) parse(b []byte) error {
	return fields(b, func(_ protowire.Number, value uint64, _ []byte) { m.size = value })
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
