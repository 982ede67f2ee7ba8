package bsi

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// foreignKey is the key of another chip, on the curve of the card's.
func foreignKey(t *testing.T) []byte {
	t.Helper()
	c, err := ec.ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	k, err := c.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return lds.MarshalECKey(k.Public, true)
}

func init() {
	register("ISO7816_B_10", "The trust folder has a revocation list of the CSCA. It names the signer: refused; another: verified; "+
		"it is out of date: undetermined; out of date and names the signer: refused; another state's key signed it: not used.", revocation)
}

func revocation(t *testing.T, b *bench) {
	now := clock()
	revoked, err := b.authority.RevokedSigner()
	if err != nil {
		t.Fatal(err)
	}
	ordinary := b.ordinary(t)
	struck := b.issue(t, emrtdtest.IssueOptions{SOD: emrtdtest.SODOptions{Signer: revoked}})
	list := func(next time.Time) []byte {
		raw, err := b.authority.RevocationList(emrtdtest.RevocationOptions{
			Revoked: [][]byte{revoked.Certificate}, ThisUpdate: now.AddDate(0, -3, 0), NextUpdate: next,
		})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	read := func(card *emrtdtest.Card, next time.Time) outcome {
		trust := trustOf(t, map[string][]byte{"csca.cer": b.authority.CSCA, "csca.crl": list(next)})
		return b.read(t, reading{Card: card, Reader: emrtd.Options{Trust: trust}})
	}
	fresh, old := now.AddDate(0, 1, 0), now.AddDate(0, 0, -1)
	read(ordinary, fresh).verified(t)
	refusedFor(kiosk.CheckSigner, pa.ReasonSignerRevoked)(t, read(struck, fresh))
	undecidedFor(kiosk.CheckSigner, pa.ReasonListOld)(t, read(ordinary, old))
	refusedFor(kiosk.CheckSigner, pa.ReasonSignerRevoked)(t, read(struck, old))
	foreign, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{NotBefore: now.AddDate(-3, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	forged, err := foreign.RevocationList(emrtdtest.RevocationOptions{Revoked: [][]byte{b.authority.Signer}, ThisUpdate: now.AddDate(0, -1, 0), NextUpdate: fresh})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, raw := range map[string][]byte{"csca.cer": b.authority.CSCA, "csca.crl": forged} {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust, err := pa.LoadStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	b.read(t, reading{Card: ordinary, Reader: emrtd.Options{Trust: trust}}).verified(t)
	b.read(t, reading{Card: struck}).verified(t) // without the list nobody knows
}
