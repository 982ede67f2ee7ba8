package emrtd

import (
	"context"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
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
	key   *ec.Point
	keyID int // lds.NoID: none
	name  string
}

// chooseCA takes the first announced way with ECDH whose key is there. Without one, the check says why: not supported when the
// chip offers nothing, undetermined when it offers only what is not implemented, failed when it announces a key it lacks.
func chooseCA(s *lds.SecurityInfos) (*caVariant, kiosk.Check) {
	none := kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckNotSupported, Reason: "chip offers no chip authentication"}
	infos := s.ChipAuth
	if len(infos) == 0 && len(s.ChipAuthKeys) > 0 { // keys without an announcement mean 3DES (TR-03110-1 §A.1.1.2)
		for _, k := range s.ChipAuthKeys {
			infos = append(infos, lds.ChipAuthenticationInfo{Protocol: oidCA3DES, Version: 1, KeyID: k.KeyID})
		}
	}
	for _, info := range infos {
		n := len(info.Protocol) - 1
		if n < 0 || info.Version != 1 || !info.Protocol[:n].Equal(lds.OIDCAECDH) || suites[info.Protocol[n]] == "" {
			none.Result, none.Reason = kiosk.CheckUndetermined, "no implemented variant of chip authentication"
			continue
		}
		key := caKey(s.ChipAuthKeys, info.KeyID)
		if key == nil {
			none.Result, none.Reason = kiosk.CheckFailed, "no key for the announced reference"
			return nil, none
		}
		alg := suites[info.Protocol[n]]
		return &caVariant{
			oid: info.Protocol, alg: alg, key: key.Key.EC, keyID: info.KeyID,
			name: "ECDH-" + string(alg) + " " + key.Key.EC.Curve().Name,
		}, kiosk.Check{}
	}
	return nil, none
}

var oidCA3DES = append(append(asn1.ObjectIdentifier{}, lds.OIDCAECDH...), 1)

// caKey finds the EC key with that reference; without a reference there must be exactly one.
func caKey(keys []lds.ChipAuthenticationPublicKeyInfo, id int) *lds.ChipAuthenticationPublicKeyInfo {
	var found *lds.ChipAuthenticationPublicKeyInfo
	for i, k := range keys {
		if k.Key == nil || k.Key.EC == nil || id != lds.NoID && k.KeyID != id {
			continue
		}
		if found != nil {
			return nil
		}
		found = &keys[i]
	}
	return found
}

// chipAuthentication runs the protocol and proves the new keys with one protected command. A chip that refuses or cannot answer
// under the new keys is a failed check; the channel is then dead or still has its old keys. Errors are the card's alone.
func chipAuthentication(ctx context.Context, ch *channel, v *caVariant, random io.Reader) (kiosk.Check, error) {
	c := v.key.Curve()
	own, err := c.GenerateKey(random)
	if err != nil {
		return kiosk.Check{}, fmt.Errorf("chip authentication: %w", err)
	}
	defer own.Wipe()
	shared, err := own.ECDH(v.key)
	if err != nil {
		return failedCA("key agreement impossible"), nil
	}
	if sw, err := v.send(ctx, ch, c.Marshal(own.Public)); err != nil || !sw.OK() {
		return refusedCA("chip refused", sw, err)
	}
	secret := shared.X()
	defer clear(secret)
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
	case kiosk.CodeOf(err) == kiosk.CodeCardProtocol:
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
