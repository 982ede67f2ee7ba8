package vpcd_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pcsc/vpcd"
)

// daemon is pcscd's end of the connection, played by a test.
type daemon struct {
	t    *testing.T
	conn net.Conn
}

func accept(t *testing.T, l net.Listener) daemon {
	t.Helper()
	if err := l.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return daemon{t, conn}
}

// say sends a message: a control byte or a command.
func (d daemon) say(m ...byte) {
	d.t.Helper()
	if _, err := d.conn.Write(binary.BigEndian.AppendUint16(nil, uint16(len(m)))); err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.conn.Write(m); err != nil {
		d.t.Fatal(err)
	}
}

func (d daemon) hear() []byte {
	d.t.Helper()
	var header [2]byte
	if _, err := io.ReadFull(d.conn, header[:]); err != nil {
		d.t.Fatal(err)
	}
	m := make([]byte, binary.BigEndian.Uint16(header[:]))
	if _, err := io.ReadFull(d.conn, m); err != nil {
		d.t.Fatal(err)
	}
	return m
}

// closed waits until the card's end closes the connection.
func (d daemon) closed() {
	d.t.Helper()
	if n, err := d.conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		d.t.Errorf("the connection gives %d bytes, %v", n, err)
	}
}

// fictional makes a chip of a fictional person's card.
func fictional(t *testing.T) *emrtdtest.Chip {
	t.Helper()
	a, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	person := emrtdtest.Person{Number: "999304012345", Name: "NGUYỄN THỊ THU", Birth: "01/02/2004", Sex: "Nữ", Issued: "05/03/2024"}
	card, err := emrtdtest.IssueWith(person, emrtdtest.Silhouette(90), a, emrtdtest.IssueOptions{NoVariants: true})
	if err != nil {
		t.Fatal(err)
	}
	chip, err := emrtdtest.New(card, emrtdtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return chip
}

// TestServe plays the virtual reader: control messages, commands, resets, a card that leaves, a daemon that goes away.
func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	chip, slot := fictional(t), emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- vpcd.Serve(ctx, l.Addr().String(), slot, nil) }()
	read, selected := []byte{0, 0xB0, 0x9C, 0, 0}, []byte{0, 0xA4, 4, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 1}

	slot.Insert(chip)
	d := accept(t, l)
	d.say(4)
	if atr := d.hear(); !bytes.Equal(atr, chip.ATR()) {
		t.Errorf("ATR %X", atr)
	}
	d.say(1)
	d.say(read...)
	if r := d.hear(); len(r) != 56 {
		t.Errorf("EF.CardAccess gave %X", r)
	}
	d.say(selected...)
	d.hear()
	d.say(2)
	d.say(0, 0xA4, 0, 0x0C, 2, 0x3F, 0) // the master file can be selected again: the application was forgotten
	if r := d.hear(); !bytes.Equal(r, []byte{0x90, 0}) {
		t.Errorf("SELECT MF after the reset gave %X", r)
	}
	d.say(0)
	d.say(read...) // a command without power on first
	if r := d.hear(); len(r) != 56 {
		t.Errorf("EF.CardAccess after power off gave %X", r)
	}

	slot.Remove()
	d.closed()
	slot.Insert(chip)
	d = accept(t, l)
	if err := d.conn.Close(); err != nil { // pcscd is restarted
		t.Fatal(err)
	}
	d = accept(t, l)
	d.say(read...)
	d.hear()
	cancel()
	d.closed()
	if err := <-served; !errors.Is(err, context.Canceled) {
		t.Errorf("serve ended with %v", err)
	}
}

// TestServeTorn closes the connection when the chip is torn away in the middle of an answer.
func TestServeTorn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(fictional(t))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- vpcd.Serve(ctx, l.Addr().String(), slot, nil) }()
	d := accept(t, l)
	d.say(1)
	slot.Tear(20)
	d.say(0, 0xB0, 0x9C, 0, 0)
	d.closed()
	slot.Unplug()
	cancel()
	if err := <-served; !errors.Is(err, context.Canceled) {
		t.Errorf("serve ended with %v", err)
	}
}

// TestProbe tells a virtual reader from nobody.
func TestProbe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := vpcd.Probe(context.Background(), l.Addr().String()); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := vpcd.Probe(context.Background(), l.Addr().String()); !errors.Is(err, vpcd.ErrNoService) {
		t.Errorf("nobody listens: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(fictional(t))
	said := ""
	err = vpcd.Serve(ctx, l.Addr().String(), slot, func(e string) {
		said = e
		cancel()
	})
	if !errors.Is(err, context.Canceled) || said != "waiting" {
		t.Errorf("serve without a daemon: event %q, %v", said, err)
	}
}
