package main

import (
	"context"
	"net"

	"github.com/containerd/ttrpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/runtime/protoiface"
)

// wired shows a message to ttrpc as one of protobuf's own, by its fast path alone: nothing reflects on it.
type wired struct {
	protoreflect.Message
	m message
}

var wire = protoiface.Methods{
	Marshal: func(in protoiface.MarshalInput) (protoiface.MarshalOutput, error) {
		m := in.Message.(*wired).m
		if in.Buf == nil {
			in.Buf = make([]byte, 0, m.room())
		}
		return protoiface.MarshalOutput{Buf: m.append(in.Buf)}, nil
	},
	Unmarshal: func(in protoiface.UnmarshalInput) (protoiface.UnmarshalOutput, error) {
		return protoiface.UnmarshalOutput{Flags: protoiface.UnmarshalInitialized}, in.Message.(*wired).m.parse(in.Buf)
	},
	CheckInitialized: func(protoiface.CheckInitializedInput) (protoiface.CheckInitializedOutput, error) {
		return protoiface.CheckInitializedOutput{}, nil
	},
}

func (w *wired) ProtoReflect() protoreflect.Message   { return w }
func (w *wired) Interface() protoreflect.ProtoMessage { return w }
func (w *wired) ProtoMethods() *protoiface.Methods    { return &wire }
func (w *wired) IsValid() bool                        { return true }

// Reset does nothing: what is decoded into is new.
func (w *wired) Reset() {}

// ttrpcStream is a stream of either side.
type ttrpcStream struct {
	s interface {
		SendMsg(any) error
		RecvMsg(any) error
	}
}

func (t ttrpcStream) send(m message) error    { return t.s.SendMsg(&wired{m: m}) }
func (t ttrpcStream) receive(m message) error { return t.s.RecvMsg(&wired{m: m}) }

var ttrpcBench = ttrpc.ServiceDesc{Methods: map[string]ttrpc.Method{
	"Search": func(_ context.Context, decode func(any) error) (any, error) {
		var got search
		if err := decode(&wired{m: &got}); err != nil {
			return nil, err
		}
		found, err := handleSearch(&got)
		return &wired{m: found}, err
	},
}}

var ttrpcTransfer = ttrpc.ServiceDesc{
	Methods: map[string]ttrpc.Method{
		"Echo": func(_ context.Context, decode func(any) error) (any, error) {
			got := &wired{m: new(blob)}
			return got, decode(got)
		},
	},
	Streams: map[string]ttrpc.Stream{
		"Find": {StreamingServer: true, Handler: func(_ context.Context, s ttrpc.StreamServer) (any, error) {
			return nil, handleFind(ttrpcStream{s})
		}},
		"Read": {StreamingServer: true, Handler: func(_ context.Context, s ttrpc.StreamServer) (any, error) {
			return nil, handleRead(ttrpcStream{s})
		}},
		"Write": {StreamingClient: true, Handler: func(_ context.Context, s ttrpc.StreamServer) (any, error) {
			total, err := handleWrite(ttrpcStream{s})
			return &wired{m: total}, err
		}},
	},
}

func serveTtrpc(listener net.Listener) error {
	server, err := ttrpc.NewServer()
	if err != nil {
		return err
	}
	server.RegisterService("bench.v1.Bench", &ttrpcBench)
	server.RegisterService("bench.v1.Transfer", &ttrpcTransfer)
	return server.Serve(context.Background(), listener)
}

type ttrpcClient struct{ c *ttrpc.Client }

func dialTtrpc(path string) (client, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, err
	}
	return ttrpcClient{ttrpc.NewClient(conn)}, nil
}

func (c ttrpcClient) search(got *found) error {
	ctx, cancel := context.WithTimeout(ttrpc.WithMetadata(context.Background(), ttrpc.MD{"tenant": {"bench"}}), deadline)
	defer cancel()
	return c.c.Call(ctx, "bench.v1.Bench", "Search", &wired{m: asked}, &wired{m: got})
}

func (c ttrpcClient) echo(sent, got *blob) error {
	return c.c.Call(context.Background(), "bench.v1.Transfer", "Echo", &wired{m: sent}, &wired{m: got})
}

func (c ttrpcClient) open(method string, asked *request) (stream, error) {
	desc := &ttrpc.StreamDesc{StreamingServer: true}
	s, err := c.c.NewStream(context.Background(), desc, "bench.v1.Transfer", method, &wired{m: asked})
	return ttrpcStream{s}, err
}

func (c ttrpcClient) write() (stream, func() error, error) {
	desc := &ttrpc.StreamDesc{StreamingClient: true}
	s, err := c.c.NewStream(context.Background(), desc, "bench.v1.Transfer", "Write", nil)
	if err != nil {
		return nil, nil, err
	}
	return ttrpcStream{s}, s.CloseSend, nil
}
