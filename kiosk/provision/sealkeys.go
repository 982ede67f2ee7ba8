package provision

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/seal"
)

// The files of an office's keys that open dossiers, beside [FileSealKey], which is the newest of them. Older keys, and in an
// emergency the recovery key, stand in files that fit the pattern.
const (
	OtherSealKeys  = "seal-*.key"
	FileRecovery   = "recovery.pub"   // public half of the recovery key, base64
	FileAnnounced  = "announced.json" // what kiosks already enrolled are told
	maxAnnounced   = 100
	announceMargin = 400 * 24 * time.Hour // announcements older than this are forgotten: every kiosk has heard a newer one
)

// Rotate makes a new key that dossiers are sealed to from a time on, and saves the ring. The old keys stay: they open what is on
// its way and what is stored.
func (k *OfficeKeys) Rotate(dir string, from time.Time) (seal.PublicKey, error) {
	key, err := seal.NewKey()
	if err != nil {
		return seal.PublicKey{}, err
	}
	k.Seal = slices.Insert(k.Seal, 0, key)
	k.announce(from)
	return key.Public(), k.saveSeal(dir)
}

// AddRecovery makes a recovery key, tells the kiosks its public half and gives the private one, which belongs in a safe and never
// into the folder but to recover: there as seal-recovery.key.
func (k *OfficeKeys) AddRecovery(dir string, from time.Time) (private []byte, err error) {
	key, err := seal.NewKey()
	if err != nil {
		return nil, err
	}
	k.Recovery = key.Public()
	k.announce(from)
	if err := k.saveSeal(dir); err != nil {
		return nil, err
	}
	return encodeKey(key)
}

// PublicKeys are those a kiosk seals to: the newest of the ring and the recovery key.
func (k *OfficeKeys) PublicKeys() []seal.PublicKey {
	keys := []seal.PublicKey{k.Seal.Public()}
	if k.Recovery.Bytes() != nil {
		keys = append(keys, k.Recovery)
	}
	return keys
}

func (k *OfficeKeys) announce(from time.Time) {
	k.Announced = slices.DeleteFunc(k.Announced, func(a seal.Announcement) bool { return a.From.Before(from.Add(-announceMargin)) })
	k.Announced = append(k.Announced, seal.Announce(k.Ack, from, k.PublicKeys()...))
}

func encodeKey(key seal.PrivateKey) ([]byte, error) {
	raw, err := key.Bytes()
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	return append(base64.StdEncoding.AppendEncode(nil, raw), '\n'), nil
}

// saveSeal writes older keys before the newest takes the place of the one before it: a power cut loses none.
func (k *OfficeKeys) saveSeal(dir string) error {
	for i := len(k.Seal) - 1; i >= 0; i-- {
		name := FileSealKey
		if i > 0 {
			name = strings.Replace(OtherSealKeys, "*", k.Seal[i].Public().ID().String(), 1)
		}
		text, err := encodeKey(k.Seal[i])
		if err != nil {
			return err
		}
		err = WriteFile(filepath.Join(dir, name), text, 0o600)
		clear(text)
		if err != nil {
			return err
		}
	}
	if k.Recovery.Bytes() != nil {
		text, err := k.Recovery.MarshalText()
		if err = errors.Join(err, WriteFile(filepath.Join(dir, FileRecovery), append(text, '\n'), 0o644)); err != nil {
			return err
		}
	}
	return SaveAnnounced(filepath.Join(dir, FileAnnounced), k.Announced)
}

func (k *OfficeKeys) loadSeal(dir string) error {
	newest, err := loadSealKey(filepath.Join(dir, FileSealKey))
	if err != nil {
		return err
	}
	k.Seal = seal.Ring{newest}
	names, err := filepath.Glob(filepath.Join(dir, OtherSealKeys))
	if err != nil {
		return fmt.Errorf("list key folder: %w", err)
	}
	for _, name := range names {
		key, err := loadSealKey(name)
		if err != nil {
			return err
		}
		if key.Public().ID() != newest.Public().ID() {
			k.Seal = append(k.Seal, key)
		}
	}
	path := filepath.Join(dir, FileRecovery)
	if text, err := readFile(path, officeKeysHint); err == nil {
		if err := k.Recovery.UnmarshalText(bytes.TrimSpace(text)); err != nil {
			return missing(path, officeKeysHint, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	k.Announced, err = LoadAnnounced(filepath.Join(dir, FileAnnounced))
	return err
}

func loadSealKey(path string) (seal.PrivateKey, error) {
	b, err := readPrivate(path, officeKeysHint)
	if err != nil {
		return seal.PrivateKey{}, err
	}
	defer clear(b)
	raw, err := base64.StdEncoding.Strict().DecodeString(string(bytes.TrimSpace(b)))
	if err != nil {
		return seal.PrivateKey{}, missing(path, officeKeysHint, errors.New("key is not base64"))
	}
	defer clear(raw)
	k, err := seal.ParsePrivate(raw)
	if err != nil {
		return seal.PrivateKey{}, missing(path, officeKeysHint, err)
	}
	return k, nil
}

// ParseAnnounced reads a JSON list of announcements. Nothing in it is believed yet. Error: bad_input.
func ParseAnnounced(b []byte) ([]seal.Announcement, error) {
	var list []seal.Announcement
	err := json.Unmarshal(b, &list)
	if err == nil && len(list) > maxAnnounced {
		err = errors.New("list is too long")
	}
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "read announced keys", "fetch them again from the office", "%w", err)
	}
	return list, nil
}

// LoadAnnounced reads a file of announcements; one that is not there is an empty list. Errors: key_missing, bad_input.
func LoadAnnounced(path string) ([]seal.Announcement, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	b, err := readFile(path, "fetch them again from the office")
	if err != nil {
		return nil, err
	}
	return ParseAnnounced(b)
}

// SaveAnnounced writes a file of announcements; an empty list needs none.
func SaveAnnounced(path string, list []seal.Announcement) error {
	if len(list) == 0 {
		return nil
	}
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return fmt.Errorf("write announced keys: %w", err)
	}
	return WriteFile(path, append(b, '\n'), 0o644)
}
