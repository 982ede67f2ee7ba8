package emrtd

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// soakRuns gives how many runs a soak test makes: the variable KIOSK_SOAK, else 300, or a few in short mode.
func soakRuns(t *testing.T) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("KIOSK_SOAK")); err == nil && n > 0 {
		return n
	}
	if testing.Short() {
		return 40
	}
	return 300
}

// allOffers gives every way of PACE as the simulated chip names it.
func allOffers() (all []emrtdtest.PACEOffer) {
	kinds := map[int]emrtdtest.Mapping{1: "GM", 2: "GM", 3: "IM", 4: "IM", 6: "CAM"}
	ciphers := map[int]emrtdtest.Cipher{1: emrtdtest.TripleDES, 2: emrtdtest.AES128, 3: emrtdtest.AES192, 4: emrtdtest.AES256}
	for _, i := range everyPACE() {
		n := len(i.Protocol)
		all = append(all, emrtdtest.PACEOffer{Mapping: kinds[i.Protocol[n-2]], Cipher: ciphers[i.Protocol[n-1]], Parameter: i.ParameterID})
	}
	return all
}

// universal issues a card whose chip can do every variant of PACE.
func universal(t testing.TB) (*emrtdtest.Card, *emrtdtest.Authority) {
	t.Helper()
	a, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	holder := emrtdtest.Person{
		Number: "999301012345", Name: "Nguyễn Thị Thử", Birth: "02/01/2001", Sex: "Nữ", Issued: "05/03/2025", Nationality: "Việt Nam",
		Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Thử", Residence: "Số 1, Xã Thử",
	}
	var cam []emrtdtest.PACEOffer // its keys
	for id := 8; id <= 18; id++ {
		cam = append(cam, emrtdtest.PACEOffer{Mapping: emrtdtest.MappingCAM, Parameter: id})
	}
	card, err := emrtdtest.IssueWith(holder, emrtdtest.Silhouette(90), a, emrtdtest.IssueOptions{PACE: cam, NoVariants: true})
	if err != nil {
		t.Fatal(err)
	}
	card.PACE = allOffers() // more than EF.CardAccess has room for
	return card, a
}

// zeroGroup draws keys whose public point has an X or Y that begins with a zero byte on the wire. Software that shortens such
// numbers fails about seven runs in a thousand; here it would fail all. In groups modulo a prime no such key is ever sent
// (dh.Group.GenerateKey); there only the shared secret is forced.
type zeroGroup struct {
	paceGroup
	y bool // Y in place of X
}

func (g zeroGroup) generate(random io.Reader) (paceKey, error) {
	k, err := g.paceGroup.generate(random)
	group, ok := g.paceGroup.(ecGroup)
	if err != nil || !ok {
		return k, err
	}
	d := new(big.Int).SetBytes(k.(ecKey).Bytes())
	p, base := k.(ecKey).Public, group.Generator()
	for ; !g.zero(group.Marshal(p)); p = group.Add(p, base) {
		d.Add(d, big.NewInt(1))
	}
	key, err := group.NewPrivateKey(d.Mod(d, group.N).Bytes())
	return zeroKey{ecKey{key}, g.y}, err
}

func (g zeroGroup) zero(point []byte) bool {
	if g.y {
		return point[1+(len(point)-1)/2] == 0
	}
	return point[1] == 0
}

func (g zeroGroup) integrated(a icao.Algorithm, s, t []byte) (paceGroup, error) {
	m, err := g.paceGroup.integrated(a, s, t)
	return zeroGroup{m, g.y}, err
}

// zeroKey maps to a zeroGroup again.
type zeroKey struct {
	paceKey
	y bool
}

func (k zeroKey) generic(nonce, peer []byte) (paceGroup, error) {
	m, err := k.paceKey.generic(nonce, peer)
	return zeroGroup{m, k.y}, err
}

// shortSecrets gives a chip that draws its ephemeral key so that the shared secret begins with a zero byte. It looks at the
// terminal's key on its way to the chip; the chip computes the secret itself.
type shortSecrets struct {
	apdu.Card
	group  paceGroup
	scalar []byte // what the chip draws next
}

func (s *shortSecrets) Transmit(ctx context.Context, raw []byte) ([]byte, error) {
	if c, err := apdu.ParseCommand(raw); err == nil && c.INS == 0x86 && c.CLA&0x0C == 0 {
		if peer, err := dynamicObject(c.Data, tagKeyTerminal); err == nil {
			if s.scalar, err = s.search(peer); err != nil {
				return nil, err
			}
		}
	}
	return s.Card.Transmit(ctx, raw)
}

// Read is the chip's random source.
func (s *shortSecrets) Read(b []byte) (int, error) {
	if len(b) != len(s.scalar) {
		return rand.Read(b)
	}
	n := copy(b, s.scalar)
	s.scalar = nil
	return n, nil
}

// search walks along the multiples of the terminal's key.
func (s *shortSecrets) search(peer []byte) ([]byte, error) {
	k := big.NewInt(mathrand.Int64())
	if c := s.group.curve(); c != nil {
		p, err := c.Unmarshal(peer)
		if err != nil {
			return nil, err
		}
		for z := c.ScalarMult(p, k.Bytes()); z.X()[0] != 0; z = c.Add(z, p) {
			k.Add(k, big.NewInt(1))
		}
		return k.FillBytes(make([]byte, c.ScalarSize())), nil
	}
	g := s.group.(dhGroup)
	e, err := g.Unmarshal(peer)
	if err != nil {
		return nil, err
	}
	for z := g.Exp(e, k.Bytes()); z.Bytes()[0] != 0; z = g.Mul(z, e) {
		k.Add(k, big.NewInt(1))
	}
	return k.FillBytes(make([]byte, g.ScalarSize())), nil
}

// TestSoakPACE runs PACE against the simulated chip, which computes with math/big and code of its own: all mappings, parameters
// and ciphers with random keys; of four runs one as it comes, one with terminal keys whose public values begin with a zero byte, one
// with a shared secret that does, one with both. The card's proof of PACE-CAM is verified, and a protected command must pass.
// KIOSK_SOAK says how often.
func TestSoakPACE(t *testing.T) {
	t.Parallel()
	card, authority := universal(t)
	trust, err := pa.NewStore(authority.CSCA)
	if err != nil {
		t.Fatal(err)
	}
	content, _ := pa.VerifyCardSecurity(card.Files[kiosk.FileCardSecurity], trust, time.Now())
	static, err := lds.ParseSecurityInfos(content)
	if err != nil {
		t.Fatal(err)
	}
	infos, seed := everyPACE(), mathrand.Uint64()
	random := mathrand.New(mathrand.NewPCG(seed, 1))
	n, zeros := soakRuns(t), 0
	for i := range n {
		info := infos[random.IntN(len(infos))]
		if i < len(infos) {
			info = infos[i] // each at least once when there are enough runs
		}
		v, err := variantOf(info)
		if err != nil {
			t.Fatal(err)
		}
		v.state = true
		short := &shortSecrets{group: v.group}
		if i%4 < 2 {
			short = nil
		}
		if i%2 == 1 {
			v.group = zeroGroup{v.group, i%4 == 1}
		}
		if i%4 != 0 {
			zeros++
		}
		if err := soakRun(t, card, v, static, short); err != nil {
			t.Fatalf("run %d of %d, %s, seed %d: %v", i, n, v.name, seed, err)
		}
	}
	t.Logf("%d runs, %d of them with leading zeros forced, seed %d", n, zeros, seed)
}

func soakRun(t *testing.T, card *emrtdtest.Card, v *paceVariant, static *lds.SecurityInfos, short *shortSecrets) error {
	t.Helper()
	ch := &channel{}
	if short == nil {
		ch.card = insert(t, card, emrtdtest.Options{})
	} else {
		short.Card = insert(t, card, emrtdtest.Options{Random: short})
		ch.card = short
	}
	m, err := pace(context.Background(), ch, v, canOf(card), rand.Reader)
	if err != nil {
		return err
	}
	if v.kind == chipMapping {
		if err := m.verifyAny(static.ChipAuthKeys); err != nil {
			return err
		}
	}
	r, err := ch.do(context.Background(), selectCommand(4, applicationID))
	if err == nil && !r.SW.OK() {
		return r.SW
	}
	if err == nil && short != nil && short.scalar != nil {
		return errors.New("the chip did not draw the scalar that was laid out for it")
	}
	return err
}

// insert puts a card's chip on a reader in memory and powers it.
func insert(t testing.TB, card *emrtdtest.Card, opt emrtdtest.Options) apdu.Card {
	t.Helper()
	chip, err := emrtdtest.New(card, opt)
	if err != nil {
		t.Fatal(err)
	}
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(chip)
	c, err := slot.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// canOf is the password of a card's access number.
func canOf(card *emrtdtest.Card) *password {
	return &password{name: "CAN", reference: referenceCAN, seed: []byte(card.CAN)}
}
