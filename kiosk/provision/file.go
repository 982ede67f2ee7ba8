package provision

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"motcua/kiosk"
)

const maxFile = 1 << 20

// WriteFile writes a file so that after a power cut there is the old or the new contents, never a part: temporary name in the
// same folder, sync, rename, sync of the folder.
func WriteFile(path string, data []byte, mode fs.FileMode) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", filepath.Base(path), err), os.Remove(f.Name()))
		}
	}()
	if err = errors.Join(f.Chmod(mode), writeSync(f, data), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func writeSync(f *os.File, data []byte) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// readFile reads a small file; a missing one is key_missing with the hint.
func readFile(path, hint string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, missing(path, hint, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = errors.New("file is too large")
	}
	if err != nil {
		return nil, missing(path, hint, err)
	}
	return b, nil
}

// readPrivate reads a file that nobody but its owner may read.
func readPrivate(path, hint string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, missing(path, hint, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, missing(path, "chmod 600 "+path, fmt.Errorf("others may read it (mode %04o)", info.Mode().Perm()))
	}
	return readFile(path, hint)
}

// onePEM gives the contents of the one PEM block of the type in b.
func onePEM(b []byte, kind string) ([]byte, error) {
	block, rest := pem.Decode(b)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("no PEM block %q", kind)
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, errors.New("more than one PEM block")
	}
	return block.Bytes, nil
}

func toPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func missing(path, hint string, err error) error {
	return kiosk.Errorf(kiosk.CodeKeyMissing, "read "+filepath.Base(path), hint, "%w", err)
}
