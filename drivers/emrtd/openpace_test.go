package emrtd

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// TestPACEWithOpenPACE opens a chip made by others (libeac) with our terminal, on several curves and with every AES key length,
// and exchanges protected commands with it. It is skipped where a C compiler or Debian's libeac-dev is missing.
func TestPACEWithOpenPACE(t *testing.T) {
	program := buildChip(t)
	for _, c := range []struct{ arc, id, runs int }{{2, 13, 20}, {2, 12, 3}, {3, 13, 3}, {4, 13, 3}, {4, 16, 2}, {4, 17, 2}, {2, 10, 2}} {
		info := gmInfo(c.arc, c.id)
		access := lds.MarshalSecurityInfos(lds.MarshalInfo(info.Protocol, info.Version, info.ParameterID))
		v, err := variantOf(info)
		if err != nil {
			t.Fatal(err)
		}
		for range c.runs { // keys differ in every run
			if err := talk(t, program, access, v, "012345"); err != nil {
				t.Fatalf("%s: %v", v.name, err)
			}
		}
		if err := talk(t, program, access, v, "543210"); kiosk.CodeOf(err) != kiosk.CodeCardWrongKey {
			t.Errorf("%s, wrong CAN: %v", v.name, err)
		}
	}
}

// talk runs PACE with one CAN against a chip whose CAN is 012345, then two protected commands.
func talk(t *testing.T, program string, access []byte, v *paceVariant, can string) error {
	t.Helper()
	card := startChip(t, program, hex.EncodeToString(access), "012345")
	ch := &channel{card: card}
	pw := &password{name: "CAN", reference: referenceCAN, seed: []byte(can)}
	if err := pace(context.Background(), ch, v, pw, rand.Reader); err != nil {
		return err
	}
	for _, cmd := range []apdu.Command{selectCommand(4, applicationID), {INS: 0xB0, Ne: 8}} {
		r, err := ch.do(context.Background(), cmd)
		if err != nil {
			return err
		}
		if !r.SW.OK() || !bytes.Equal(r.Data, []byte("OpenPACE")) {
			return fmt.Errorf("answer %X %w", r.Data, r.SW)
		}
	}
	return nil
}

func buildChip(t *testing.T) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: this test builds a chip of OpenPACE")
	}
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", "libeac").Output()
	if err != nil {
		t.Skip("libeac is not installed (apt install libeac-dev): this test has our terminal open a chip of OpenPACE")
	}
	program := filepath.Join(t.TempDir(), "chip")
	args := append([]string{"-O1", "-w", "-o", program, filepath.Join("testdata", "eac", "chip.c")}, strings.Fields(string(flags))...)
	if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		t.Fatalf("build the chip: %v\n%s", err, out)
	}
	return program
}

// startChip starts the program as a card.
func startChip(t *testing.T, program string, args ...string) *handler {
	t.Helper()
	cmd := exec.Command(program, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("chip ended with %v: %s", err, said.String())
		}
	})
	lines := bufio.NewScanner(out)
	return &handler{answer: func(raw []byte) ([]byte, error) {
		if _, err := io.WriteString(in, hex.EncodeToString(raw)+"\n"); err != nil {
			return nil, err
		}
		if !lines.Scan() {
			return nil, apdu.ErrCardLost
		}
		return hex.DecodeString(lines.Text())
	}}
}
