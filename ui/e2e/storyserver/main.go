// Command storyserver serves the citizen's pages with canned state, for the browser tests and for people who look at them.
//
// At / a walk through the screens (each touch goes on to the next), at /story every screen in every state. It prints its
// address on one line and ends with standard input, so that a test which dies takes it along.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"motcua/ui"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	mm := flag.Float64("mm", 0, "pixels per millimetre; 0: the 21.5-inch panel")
	flag.Parse()
	if err := run(*listen, *mm); err != nil {
		fmt.Fprintln(os.Stderr, "storyserver:", err)
		os.Exit(1)
	}
}

func run(listen string, mm float64) error {
	handler, err := ui.New(newWalk(), ui.Options{PxPerMM: mm, Story: true})
	if err != nil {
		return fmt.Errorf("make pages: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends when whoever started us does
		_ = srv.Close()
	}()
	fmt.Printf("http://%s\n", l.Addr())
	if err := srv.Serve(l); err != http.ErrServerClosed {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
