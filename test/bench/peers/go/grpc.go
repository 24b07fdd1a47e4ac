package main

import (
	"context"
	"math"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
)

type codec struct{}

func (codec) Name() string                    { return "proto" }
func (codec) Marshal(v any) ([]byte, error)   { return encode(v.(message)), nil }
func (codec) Unmarshal(b []byte, v any) error { return v.(message).parse(b) }
func init()                                   { encoding.RegisterCodec(codec{}) }

// grpcStream is a stream of either side.
type grpcStream struct {
	s interface {
		SendMsg(any) error
		RecvMsg(any) error
	}
}

func (g grpcStream) send(m message) error    { return g.s.SendMsg(m) }
func (g grpcStream) receive(m message) error { return g.s.RecvMsg(m) }

var grpcBench = grpc.ServiceDesc{
	ServiceName: "bench.v1.Bench",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Search",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var got search
			if err := decode(&got); err != nil {
				return nil, err
			}
			return handleSearch(&got)
		},
	}},
}

var grpcTransfer = grpc.ServiceDesc{
	ServiceName: "bench.v1.Transfer",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Echo",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var got blob
			return &got, decode(&got)
		},
	}},
	Streams: []grpc.StreamDesc{
		{StreamName: "Find", ServerStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
			return handleFind(grpcStream{s})
		}},
		{StreamName: "Read", ServerStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
			return handleRead(grpcStream{s})
		}},
		{StreamName: "Write", ClientStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
			total, err := handleWrite(grpcStream{s})
			if err != nil {
				return err
			}
			return s.SendMsg(total)
		}},
	},
}

func serveGrpc(listener net.Listener) error {
	server := grpc.NewServer(grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32))
	server.RegisterService(&grpcBench, struct{}{})
	server.RegisterService(&grpcTransfer, struct{}{})
	return server.Serve(listener)
}

type grpcClient struct{ conn *grpc.ClientConn }

func dialGrpc(path string) (client, error) {
	conn, err := grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)))
	return grpcClient{conn}, err
}

func (c grpcClient) search(got *found) error {
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), "tenant", "bench"), deadline)
	defer cancel()
	return c.conn.Invoke(ctx, "/bench.v1.Bench/Search", asked, got)
}

func (c grpcClient) echo(sent, got *blob) error {
	return c.conn.Invoke(context.Background(), "/bench.v1.Transfer/Echo", sent, got)
}

func (c grpcClient) open(method string, asked *request) (stream, error) {
	s, err := c.conn.NewStream(context.Background(), &grpc.StreamDesc{ServerStreams: true}, "/bench.v1.Transfer/"+method)
	if err != nil {
		return nil, err
	}
	if err := s.SendMsg(asked); err != nil {
		return nil, err
	}
	return grpcStream{s}, s.CloseSend()
}

func (c grpcClient) write() (stream, func() error, error) {
	s, err := c.conn.NewStream(context.Background(), &grpc.StreamDesc{ClientStreams: true}, "/bench.v1.Transfer/Write")
	if err != nil {
		return nil, nil, err
	}
	return grpcStream{s}, s.CloseSend, nil
}
