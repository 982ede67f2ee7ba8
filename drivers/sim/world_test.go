package sim

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

func world(t *testing.T) *World {
	t.Helper()
	authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	card, err := emrtdtest.Issue(emrtdtest.Person{
		Number: "999201012345", Name: "Nguyễn Thị Thử", Birth: "15/01/2001", Sex: "Nữ", Issued: "02/03/2023",
	}, emrtdtest.Silhouette(90), authority)
	if err != nil {
		t.Fatal(err)
	}
	return New([]Person{{Key: "thu", Name: "Nguyễn Thị Thử", Number: "999201012345", Card: card}})
}

func TestEveryFaultCanBePlaced(t *testing.T) {
	w := world(t)
	for _, f := range emrtdtest.Faults() {
		if err := w.Put("thu", f.Name); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if key, fault := w.Placed(); key != "thu" || fault != f.Name {
			t.Errorf("%s: %q %q is on the reader", f.Name, key, fault)
		}
	}
	w.Take()
	if key, _ := w.Placed(); key != "" {
		t.Error("a card is on the reader after it was taken")
	}
	if err := w.Put("nobody", ""); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("a card of nobody: %v", err)
	}
	if err := w.Put("thu", "no-such-fault"); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("a fault that does not exist: %v", err)
	}
}

func TestSceneChangesAreSeen(t *testing.T) {
	w := world(t)
	changed := w.Changed()
	if err := w.Stand("thu"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("nobody was told")
	}
	w.SetLight(LightDark)
	w.PlugCamera(false)
	if s := w.Scene(); len(s.Who) != 1 || s.Light != LightDark || s.Camera {
		t.Errorf("scene %+v", s)
	}
	w.Reset()
	if s := w.Scene(); len(s.Who) != 0 || s.Light != LightGood || !s.Camera {
		t.Errorf("after reset %+v", s)
	}
	if err := w.Stand("nobody"); err == nil {
		t.Error("nobody stands before the camera")
	}
}

func TestCutNetworkBreaksOpenConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			accepted <- c
		}
	}()
	n := NewNetwork()
	c, err := n.DialContext(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far := <-accepted
	n.Cut(true)
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the far end reads on: %v", err)
	}
	if _, err := c.Write([]byte("x")); err == nil {
		t.Error("the near end writes on")
	}
	if _, err := n.DialContext(context.Background(), "tcp", l.Addr().String()); err == nil {
		t.Error("a cut network dials")
	}
	n.Cut(false)
	c2, err := n.DialContext(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := c2.Close(); err != nil {
		t.Error(err)
	}
}
