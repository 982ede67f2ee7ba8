package emrtd

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// TestPACEWithOpenPACE opens a chip made by others (libeac) with our terminal: generic mapping on every curve and in every group
// with every cipher, and exchanges protected commands with it. It is skipped where a C compiler or Debian's libeac-dev is
// missing.
func TestPACEWithOpenPACE(t *testing.T) {
	t.Parallel()
	program := buildChip(t)
	for _, info := range everyPACE() {
		v, err := variantOf(info)
		if err != nil {
			t.Fatal(err)
		}
		if v.kind != genericMapping {
			continue // libeac 1.1.2 refuses an EF.CardAccess with anything else
		}
		runs := 1 // keys differ in every run
		if v.name == "ECDH-GM-AES-128 brainpoolP256r1" {
			runs = 20
		}
		access := lds.MarshalSecurityInfos(lds.MarshalInfo(info.Protocol, info.Version, info.ParameterID))
		for range runs {
			err := talk(t, program, access, v, "012345")
			if v.group.curve() == nil && kiosk.CodeOf(err) == kiosk.CodeCardWrongKey {
				err = talk(t, program, access, v, "012345") // libeac drops the leading zero bytes of one secret in 256
			}
			if err != nil {
				t.Errorf("%s: %v", v.name, err)
			}
		}
		if v.alg != icao.AES128 {
			continue // the wrong CAN once for every set of parameters
		}
		if err := talk(t, program, access, v, "543210"); kiosk.CodeOf(err) != kiosk.CodeCardWrongKey {
			t.Errorf("%s, wrong CAN: %v", v.name, err)
		}
	}
}

// TestChipAuthenticationWithOpenPACE runs chip authentication against the key agreement of libeac: every curve, every cipher.
// The session that comes of it must carry commands, and a chip with another key must fail. (libeac 1.1.2 crashes when it makes a
// static key in a group modulo a prime.)
func TestChipAuthenticationWithOpenPACE(t *testing.T) {
	t.Parallel()
	program := buildChip(t)
	for arc := 1; arc <= 4; arc++ {
		for id := 8; id <= 18; id++ {
			if arc == 2 || id == 13 || id == 18 { // the other ciphers with the cards' curve and the widest
				authenticate(t, program, arc, id)
			}
		}
	}
}

func authenticate(t *testing.T, program string, arc, id int) {
	t.Helper()
	info := lds.ChipAuthenticationInfo{Protocol: append(append(asn1.ObjectIdentifier{}, lds.OIDCAECDH...), arc), Version: 1, KeyID: lds.NoID}
	c, err := ec.ByID(id)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	start := func() (*channel, *lds.PublicKey) {
		ch := &channel{card: extendedReader{startChip(t, program, "ca", info.Protocol.String(), strconv.Itoa(id))}}
		r, err := ch.do(ctx, apdu.Command{INS: 0xCA, Ne: 256})
		if err != nil || !r.SW.OK() {
			t.Fatalf("public key: %v", err)
		}
		p, err := c.Unmarshal(r.Data)
		if err != nil {
			t.Fatal(err)
		}
		return ch, &lds.PublicKey{EC: p}
	}
	ch, key := start()
	other, _ := start()
	way, check := chooseCA(&lds.SecurityInfos{
		ChipAuth: []lds.ChipAuthenticationInfo{info}, ChipAuthKeys: []lds.ChipAuthenticationPublicKeyInfo{{Key: key, KeyID: lds.NoID}},
	})
	if way == nil {
		t.Fatalf("%v, parameters %d: %+v", info.Protocol, id, check)
	}
	if check, err := chipAuthentication(ctx, ch, way, rand.Reader); err != nil || check.Result != kiosk.CheckSuccessful {
		t.Errorf("%s: %+v, %v", way.name, check, err)
	}
	if check, err := chipAuthentication(ctx, other, way, rand.Reader); err != nil || check.Result != kiosk.CheckFailed {
		t.Errorf("%s, another chip's key: %+v, %v", way.name, check, err)
	}
}

// talk runs PACE with one CAN against a chip whose CAN is 012345, then two protected commands.
func talk(t *testing.T, program string, access []byte, v *paceVariant, can string) error {
	t.Helper()
	card := startChip(t, program, hex.EncodeToString(access), "012345")
	ch := &channel{card: extendedReader{card}}
	pw := &password{name: "CAN", reference: referenceCAN, seed: []byte(can)}
	if _, err := pace(context.Background(), ch, v, pw, rand.Reader); err != nil {
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

// extendedReader is a card in a reader with extended lengths.
type extendedReader struct{ *handler }

func (extendedReader) MaxResponse() int { return 65536 }
func (extendedReader) MaxCommand() int  { return 65535 }

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
