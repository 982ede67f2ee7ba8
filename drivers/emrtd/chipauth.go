package emrtd

import (
	"context"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// Chip authentication version 1 (Doc 9303-11 §6.2, BSI TR-03110-1 §3.4): the terminal agrees on new session keys with the chip's
// static key of DG14. Only a chip that has the private key can go on talking under them.

// caVariant is one way of chip authentication that is announced and implemented.
type caVariant struct {
	oid   asn1.ObjectIdentifier
	alg   icao.Algorithm
	key   agreement
	keyID int // lds.NoID: none
	name  string
}

// chooseCA takes the best announced way whose key is there: AES before 3DES, longer keys before shorter ones, elliptic curves
// before finite fields. Without one, the check says why: not supported when the chip offers nothing, undetermined when it offers
// only what is not implemented, failed when it announces a key it lacks or one that cannot be used.
func chooseCA(s *lds.SecurityInfos) (*caVariant, kiosk.Check) {
	check := kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckNotSupported, Reason: "chip offers no chip authentication"}
	var best *caVariant
	for _, info := range announcedCA(s) {
		v, err := usableCA(info, s.ChipAuthKeys)
		switch {
		case err != nil:
			check.Result, check.Reason = kiosk.CheckFailed, err.Error()
		case v == nil && check.Result != kiosk.CheckFailed:
			check.Result, check.Reason = kiosk.CheckUndetermined, "no implemented variant of chip authentication"
		case v != nil && (best == nil || v.rank() > best.rank()):
			best = v
		}
	}
	return best, check
}

// announcedCA gives the announcements; keys without one mean 3DES (TR-03110-1 §A.1.1.2).
func announcedCA(s *lds.SecurityInfos) []lds.ChipAuthenticationInfo {
	if len(s.ChipAuth) > 0 || len(s.ChipAuthKeys) == 0 {
		return s.ChipAuth
	}
	var infos []lds.ChipAuthenticationInfo
	for _, k := range s.ChipAuthKeys {
		protocol := lds.OIDCAECDH
		if k.Protocol.Equal(lds.OIDPKDH) {
			protocol = oidCADH
		}
		infos = append(infos, lds.ChipAuthenticationInfo{Protocol: append(slices.Clone(protocol), 1), Version: 1, KeyID: k.KeyID})
	}
	return infos
}

var oidCADH = append(slices.Clone(lds.OIDCA), 1) // id-CA-DH

// usableCA joins an announcement with its key; nil when it is of a kind that is not implemented.
func usableCA(info lds.ChipAuthenticationInfo, keys []lds.ChipAuthenticationPublicKeyInfo) (*caVariant, error) {
	n := len(info.Protocol) - 1
	if n < 0 || info.Version != 1 || suites[info.Protocol[n]] == "" {
		return nil, nil
	}
	kind := info.Protocol[:n]
	if !kind.Equal(lds.OIDCAECDH) && !kind.Equal(oidCADH) {
		return nil, nil
	}
	key, err := caKey(keys, kind.Equal(oidCADH), info.KeyID)
	if err != nil {
		return nil, err
	}
	v := &caVariant{oid: info.Protocol, alg: suites[info.Protocol[n]], keyID: info.KeyID}
	if v.key, err = newAgreement(key); err != nil {
		return nil, err
	}
	v.name = v.key.name(v.alg)
	return v, nil
}

// rank orders the variants.
func (v *caVariant) rank() int {
	rank := map[icao.Algorithm]int{icao.TripleDES: 0, icao.AES128: 2, icao.AES192: 4, icao.AES256: 6}[v.alg]
	if _, ok := v.key.(ecAgreement); ok {
		rank++
	}
	return rank
}

// caKey finds the key with that reference; without a reference there must be exactly one of the kind.
func caKey(keys []lds.ChipAuthenticationPublicKeyInfo, finite bool, id int) (found *lds.PublicKey, err error) {
	for _, k := range keys {
		if k.Key == nil || finite && k.Key.DH == nil || !finite && k.Key.EC == nil || id != lds.NoID && k.KeyID != id {
			continue
		}
		if found != nil {
			return nil, errors.New("several keys for the announced reference")
		}
		found = k.Key
	}
	if found == nil {
		return nil, errors.New("no key for the announced reference")
	}
	return found, nil
}

// chipAuthentication runs the protocol and proves the new keys with one protected command. A chip that refuses or cannot answer
// under the new keys is a failed check; the channel is then dead or still has its old keys. Errors are the card's alone.
func chipAuthentication(ctx context.Context, ch *channel, v *caVariant, random io.Reader) (kiosk.Check, error) {
	public, secret, err := v.key.agree(random)
	if errors.Is(err, errAgreement) {
		return failedCA(errAgreement.Error()), nil
	}
	if err != nil {
		return kiosk.Check{}, fmt.Errorf("chip authentication: %w", err)
	}
	defer clear(secret)
	if sw, err := v.send(ctx, ch, public); err != nil || !sw.OK() {
		return refusedCA("chip refused", sw, err)
	}
	if ch.sm, err = sessionOf(v.alg, secret); err != nil {
		return kiosk.Check{}, err
	}
	info, _ := lds.Info(kiosk.FileDG14) // it is there for sure
	if _, err := ch.do(ctx, selectCommand(2, []byte{byte(info.EF >> 8), byte(info.EF)})); err != nil {
		return refusedCA("new keys not proven", 0, err)
	}
	return kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckSuccessful, Reason: v.name}, nil
}

func failedCA(reason string) kiosk.Check {
	return kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckFailed, Reason: reason}
}

// refusedCA makes a broken protocol or a refusal a failed check and passes the card's own errors on.
func refusedCA(reason string, sw apdu.Status, err error) (kiosk.Check, error) {
	switch {
	case err == nil:
		return failedCA(fmt.Sprintf("%s, %v", reason, sw)), nil
	case kiosk.CodeOf(err) == kiosk.CodeCardProtocol && !errors.Is(err, errShorter):
		return failedCA(reason), nil
	}
	return kiosk.Check{}, err
}

// send hands our public key to the chip: MSE:Set KAT for 3DES, MSE:Set AT and GENERAL AUTHENTICATE for AES
// (Doc 9303-11 §6.2.4).
func (v *caVariant) send(ctx context.Context, ch *channel, public []byte) (apdu.Status, error) {
	var reference []byte
	if v.keyID != lds.NoID {
		reference = tlv.Encode(0x84, keyReference(v.keyID))
	}
	if v.alg == icao.TripleDES {
		r, err := ch.do(ctx, apdu.Command{INS: 0x22, P1: 0x41, P2: 0xA6, Data: append(tlv.Encode(0x91, public), reference...)})
		return r.SW, err
	}
	data := append(tlv.Encode(0x80, oidValue(v.oid)), reference...)
	r, err := ch.do(ctx, apdu.Command{INS: 0x22, P1: 0x41, P2: 0xA4, Data: data})
	if err != nil || !r.SW.OK() {
		return r.SW, err
	}
	r, err = ch.do(ctx, apdu.Command{INS: 0x86, Data: tlv.Encode(tagDynamic, tlv.Encode(0x80, public)), Ne: 256})
	return r.SW, err
}

// keyReference codes a key reference with as few bytes as possible.
func keyReference(id int) []byte {
	if id == 0 {
		return []byte{0}
	}
	return big.NewInt(int64(id)).Bytes()
}
