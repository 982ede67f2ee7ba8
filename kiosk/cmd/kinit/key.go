package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"motcua/kiosk/firmware"
)

// keySize is of the data partition's key, which LUKS takes as it is.
const keySize = 64

// keyRoom is what the key takes on the state partition, behind the boot state.
const keyRoom = 16 << 10

// The ways the key is kept.
const (
	keyTPM  = "tpm2" // sealed to this machine's TPM by systemd-creds
	keyBare = "bare" // as it is: whoever has the disk has the key; erasing it erases the data
)

// keyFile is what stands on the state partition, as one line of JSON.
type keyFile struct {
	Kept string `json:"kept"`
	Key  string `json:"key"` // base64: the key, or what the TPM gave
}

func hasTPM() bool {
	_, err := os.Stat("/dev/tpmrm0")
	return err == nil
}

// makeKey makes a key and puts it where the next start finds it.
func makeKey(state *os.File) ([]byte, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	file := keyFile{Kept: keyBare, Key: base64.StdEncoding.EncodeToString(key)}
	if hasTPM() {
		sealed, err := inRoot(key, "/usr/bin/systemd-creds", "encrypt", "--with-key=tpm2", "--tpm2-pcrs=", "--name=kiosk-data", "-", "-")
		if err != nil {
			say("the TPM does not take the key: %v", err)
		} else {
			file = keyFile{Kept: keyTPM, Key: base64.StdEncoding.EncodeToString(sealed)}
		}
	}
	say("data partition: key is kept %s", file.Kept)
	line, err := json.Marshal(file)
	if err != nil {
		return nil, err
	}
	if len(line) >= keyRoom {
		return nil, errors.New("the sealed key is too long")
	}
	if _, err := state.WriteAt(append(line, make([]byte, keyRoom-len(line))...), firmware.StateRoom); err != nil {
		return nil, err
	}
	return key, state.Sync()
}

// readKey gives the key of an earlier start.
func readKey(state *os.File) ([]byte, error) {
	b := make([]byte, keyRoom)
	if _, err := state.ReadAt(b, firmware.StateRoom); err != nil {
		return nil, err
	}
	var file keyFile
	if err := json.Unmarshal(bytes.TrimRight(b, "\x00"), &file); err != nil {
		return nil, fmt.Errorf("the data partition's key is not there: %w", err)
	}
	kept, err := base64.StdEncoding.DecodeString(file.Key)
	switch {
	case err != nil:
		return nil, err
	case file.Kept == keyBare && len(kept) == keySize:
		return kept, nil
	case file.Kept == keyTPM:
		return inRoot(kept, "/usr/bin/systemd-creds", "decrypt", "--name=kiosk-data", "-", "-")
	}
	return nil, errors.New("the data partition's key is kept in a way that is not known")
}
