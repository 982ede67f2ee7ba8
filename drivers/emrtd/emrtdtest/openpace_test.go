package emrtdtest

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// TestPACEByOpenPACE has another implementation (libeac) open the chip with the CAN and read under secure messaging. It is
// skipped where a C compiler or Debian's libeac-dev is missing.
func TestPACEByOpenPACE(t *testing.T) {
	program := buildTerminal(t)
	card, _ := issued(t)
	for can, want := range map[string]struct {
		exit int
		file string
	}{
		card.CAN: {0, hex.EncodeToString(card.Files[kiosk.FileCOM][:8])},
		"543210": {1, ""},
	} {
		for range 5 { // keys differ in every run
			file, exit := converse(t, powered(t, card, Options{}), program, hex.EncodeToString(card.Files[kiosk.FileCardAccess]), can, hex.EncodeToString(oidPACE))
			if exit != want.exit || file != want.file {
				t.Errorf("exit code %d, file %q; want %d, %q", exit, file, want.exit, want.file)
			}
		}
	}
}

// TestPACEKindsByOpenPACE has libeac open chips with every domain and cipher; it has no integrated mapping. Short secrets are for
// curves alone: of a Diffie-Hellman secret libeac drops leading zero bytes, which PKCS #3 §7.3 and RFC 2631 §2.1.2 keep.
func TestPACEKindsByOpenPACE(t *testing.T) {
	program := buildTerminal(t)
	_, a := issued(t)
	for _, o := range []PACEOffer{
		{Parameter: 0}, {Parameter: 1}, {Parameter: 2}, {Cipher: TripleDES, Parameter: 0}, {Cipher: TripleDES, Parameter: 13},
		{Cipher: AES192, Parameter: 13}, {Cipher: AES256, Parameter: 13}, {Parameter: 8}, {Parameter: 9}, {Parameter: 10}, {Parameter: 11},
		{Parameter: 12}, {Parameter: 14}, {Parameter: 15}, {Parameter: 16}, {Parameter: 17}, {Parameter: 18},
	} {
		t.Run(fmt.Sprint(o.Mapping, o.Cipher, o.Parameter), func(t *testing.T) {
			card, err := IssueWith(person(), Silhouette(90), a, IssueOptions{PACE: []PACEOffer{o}, NoVariants: true})
			if err != nil {
				t.Fatal(err)
			}
			access := lds.MarshalSecurityInfos(lds.MarshalInfo(o.OID(), 2, o.Parameter))
			want := hex.EncodeToString(card.Files[kiosk.FileCOM][:8])
			for _, opt := range []Options{{}, {ShortSecrets: !isDH(o.Parameter)}} {
				oid := hex.EncodeToString(tlv.EncodeOID(o.OID())[2:])
				file, exit := converse(t, powered(t, card, opt), program, hex.EncodeToString(access), card.CAN, oid)
				if exit != 0 || file != want {
					t.Errorf("short secrets %v: exit code %d, file %q; want %q", opt.ShortSecrets, exit, file, want)
				}
			}
		})
	}
}

func buildTerminal(t *testing.T) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: this test builds a terminal of OpenPACE")
	}
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", "libeac").Output()
	if err != nil {
		t.Skip("libeac is not installed (apt install libeac-dev): this test has OpenPACE open the chip")
	}
	program := filepath.Join(t.TempDir(), "terminal")
	args := append([]string{"-O1", "-w", "-o", program, filepath.Join("testdata", "eac", "terminal.c")}, strings.Fields(string(flags))...)
	if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		t.Fatalf("build the terminal: %v\n%s", err, out)
	}
	return program
}

// converse carries commands and responses between the program and the chip.
func converse(t *testing.T, chip *Chip, program string, args ...string) (file string, exit int) {
	t.Helper()
	cmd := exec.Command(program, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if f, ok := strings.CutPrefix(lines.Text(), "file "); ok {
			file = f
			continue
		}
		response := chip.Process(unhex(t, lines.Text()))
		if _, err := io.WriteString(in, hex.EncodeToString(response)+"\n"); err != nil {
			break // it has ended; its exit code tells why
		}
	}
	var ended *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &ended) {
		exit = ended.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if exit == 2 {
		t.Logf("%s", said.String())
	}
	return file, exit
}
