package emrtd

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"math/big"

	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// PACE with chip authentication mapping (Doc 9303-11 §4.4.3.3.3, §4.4.3.5): the chip's key pair of the mapping is its static one
// times a factor that it sends encrypted under the new session keys. Only who has the static private key can make the factor.
// The static public key stands in EF.CardSecurity, which is signed like EF.SOD; the proof counts only under a trusted signer.

// errChipMap means that a chip did not prove its static key.
var errChipMap = errors.New("chip's key not proven")

// chipMap is what a chip sent in PACE-CAM, to be compared with a static key later.
type chipMap struct {
	curve  *ec.Curve
	public []byte // PK_Map,IC: the chip's public key of the mapping
	factor []byte // CA_IC: chip authentication data, decrypted
	fault  error  // why there is no factor
}

// newChipMap decrypts the object 8A (Doc 9303-11 §4.4.3.5.2, §4.4.5.6). PACE has succeeded by then: what is wrong here fails the
// chip's authentication, not its access.
func newChipMap(g paceGroup, public, answer []byte, enc cipher.Block) *chipMap {
	m := &chipMap{curve: g.curve(), public: public}
	if m.curve == nil {
		m.fault = fmt.Errorf("%w: no curve", errChipMap)
		return m
	}
	data, err := dynamicObject(answer, tagChipData)
	if err != nil {
		m.fault = fmt.Errorf("%w: no chip authentication data", errChipMap)
		return m
	}
	m.factor, m.fault = decryptFactor(data, enc, m.curve)
	return m
}

// decryptFactor opens A_IC: AES-CBC with IV = E(KS_Enc, -1), padding method 2, the factor at the order's full width.
func decryptFactor(data []byte, enc cipher.Block, c *ec.Curve) ([]byte, error) {
	iv := make([]byte, enc.BlockSize())
	for i := range iv {
		iv[i] = 0xFF
	}
	enc.Encrypt(iv, iv)
	plain := append([]byte(nil), data...)
	if len(plain) == 0 {
		return nil, fmt.Errorf("%w: chip authentication data empty", errChipMap)
	}
	if err := icao.DecryptCBC(enc, iv, plain); err != nil {
		return nil, fmt.Errorf("%w: chip authentication data of %d bytes", errChipMap, len(data))
	}
	factor, err := icao.Unpad(plain)
	if err != nil {
		return nil, fmt.Errorf("%w: chip authentication data: %w", errChipMap, err)
	}
	if len(factor) != c.ScalarSize() {
		return nil, fmt.Errorf("%w: factor of %d bytes, want %d", errChipMap, len(factor), c.ScalarSize())
	}
	return factor, nil
}

// verify compares the proof with a static key: PK_Map,IC = CA_IC · PK_IC (Doc 9303-11 §4.4.3.5.2). Error: errChipMap.
func (m *chipMap) verify(static *ec.Point) error {
	if m.fault != nil {
		return m.fault
	}
	if static.Curve() != m.curve {
		return fmt.Errorf("%w: key on another curve", errChipMap)
	}
	k := new(big.Int).SetBytes(m.factor)
	if k.Sign() == 0 || k.Cmp(m.curve.N) >= 0 {
		return fmt.Errorf("%w: factor out of range", errChipMap)
	}
	public, err := m.curve.Unmarshal(m.public)
	if err != nil || !m.curve.ScalarMult(static, m.factor).Equal(public) {
		return fmt.Errorf("%w: key differs", errChipMap)
	}
	return nil
}

// readCardSecurity reads EF.CardSecurity under the session that PACE has opened, in the master file. A file that is not there, or
// is none, is nil: then nothing is proven. Errors: errShorter, the card's.
func readCardSecurity(ctx context.Context, f *files) ([]byte, error) {
	info, _ := lds.Info(kiosk.FileCardSecurity)
	raw, err := f.read(ctx, info, nil)
	switch {
	case err == nil:
		return raw, nil
	case f.ch.dead == nil && (errors.Is(err, errNoFile) || errors.Is(err, errDenied) || kiosk.CodeOf(err) == kiosk.CodeCardProtocol):
		return nil, nil
	}
	return nil, err
}

// camProof is a run of PACE-CAM, judged under the trust anchors.
type camProof struct {
	check   kiosk.Check
	country string // of the signer of EF.CardSecurity
}

// judgeCAM is judgeFactor, made once a session.
func (v *visit) judgeCAM() camProof {
	if v.opened.proof == nil {
		v.opened.proof = v.judgeFactor()
	}
	return *v.opened.proof
}

// judgeFactor compares what the chip sent with the keys of EF.CardSecurity and verifies the file. A broken file or a key that
// does not fit is failed; a signer that cannot be judged leaves the proof undetermined.
func (v *visit) judgeFactor() *camProof {
	m, raw := v.opened.cam, v.opened.cardSecurity
	p := &camProof{check: kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckFailed}}
	if m.fault != nil {
		p.check.Reason = "PACE-CAM: " + m.fault.Error()
		return p
	}
	if raw == nil {
		p.check.Reason = "PACE-CAM: EF.CardSecurity not readable"
		return p
	}
	content, passive := pa.VerifyCardSecurity(raw, v.opts.Trust, v.opts.Now())
	p.country = passive.Signer.Country
	infos, err := lds.ParseSecurityInfos(content)
	if err != nil {
		p.check.Reason = "PACE-CAM: EF.CardSecurity malformed"
		return p
	}
	if err := m.verifyAny(infos.ChipAuthKeys); err != nil {
		p.check.Reason = "PACE-CAM: " + err.Error()
		return p
	}
	p.check.Reason = "PACE-CAM " + m.curve.Name
	p.check.Result = kiosk.CheckSuccessful
	for _, c := range passive.Checks {
		if c.Result == kiosk.CheckSuccessful {
			continue
		}
		p.check.Reason += fmt.Sprintf(", EF.CardSecurity: %s", c.Reason)
		if c.Result == kiosk.CheckFailed {
			p.check.Result = kiosk.CheckFailed
			return p
		}
		p.check.Result = kiosk.CheckUndetermined
	}
	if p.check.Result == kiosk.CheckSuccessful && !passive.Trusted() {
		p.check.Result, p.check.Reason = kiosk.CheckUndetermined, p.check.Reason+", EF.CardSecurity not judged"
	}
	return p
}

// verifyAny takes the key of EF.CardSecurity that the proof is for: the one on PACE's curve. A file may hold several, each of
// them signed.
func (m *chipMap) verifyAny(keys []lds.ChipAuthenticationPublicKeyInfo) error {
	err := fmt.Errorf("%w: no key on %s in EF.CardSecurity", errChipMap, m.curve.Name)
	for _, k := range keys {
		if k.Key == nil || k.Key.EC == nil || k.Key.EC.Curve() != m.curve {
			continue
		}
		if err = m.verify(k.Key.EC); err == nil {
			return nil
		}
	}
	return err
}

// proveMapping says what PACE-CAM has proven. done is false when the chip was opened otherwise, and when the proof cannot be
// judged for want of a trust anchor: then chip authentication under DG14 is worth a try.
func (v *visit) proveMapping() (check kiosk.Check, done bool) {
	if v.opened.cam == nil {
		return kiosk.Check{}, false
	}
	p := v.judgeCAM()
	return p.check, p.check.Result != kiosk.CheckUndetermined
}

// chipProof gives the check of the chip's key: of PACE-CAM, or of chip authentication under DG14 (proof), whichever was made.
// The states that signed EF.CardSecurity and EF.SOD must be the same one.
func (v *visit) chipProof(passive pa.Result) kiosk.Check {
	byKey := v.proof(v.chipAuth, kiosk.CheckChipAuth, kiosk.FileDG14, passive)
	if v.opened.cam == nil {
		return byKey
	}
	p := v.judgeCAM()
	if p.check.Result == kiosk.CheckSuccessful && passive.Signer.Country != "" && p.country != passive.Signer.Country {
		p.check.Result, p.check.Reason = kiosk.CheckFailed, p.check.Reason+", EF.CardSecurity and EF.SOD are of different states"
	}
	if p.check.Result == kiosk.CheckUndetermined && (byKey.Result == kiosk.CheckSuccessful || byKey.Result == kiosk.CheckFailed) {
		return byKey
	}
	return p.check
}

// cardSecurityAgrees compares EF.CardSecurity, which is signed, with EF.CardAccess, which is not: what EF.CardAccess says of PACE
// and of chip and terminal authentication must stand in EF.CardSecurity, and no PACE in EF.CardSecurity alone (BSI TR-03110-3
// §A.1.2.3). Without an EF.CardSecurity there is nothing to compare.
func (v *visit) cardSecurityAgrees() bool {
	if v.opened.cardSecurity == nil {
		return true
	}
	content, _ := pa.VerifyCardSecurity(v.opened.cardSecurity, v.opts.Trust, v.opts.Now())
	signed, err := lds.ParseSecurityInfos(content)
	if err != nil {
		return false
	}
	open := v.opened.cardAccess.infos
	return subset(accessInfos(open), signed.All) && subset(paceInfos(signed), open.All)
}
