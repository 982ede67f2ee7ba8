package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"motcua/kiosk"
)

const (
	partMagic   = "MCSP"
	partVersion = 1
	partHead    = len(partMagic) + 1 + idLen + 2
	chunkLen    = 64 << 10
)

// SealedSize is how many bytes a part of size plaintext bytes has as sealed.
func SealedSize(size int64) int64 { return size + int64(overhead(size)) }

func overhead(size int64) int { return partHead + int(chunksOf(size))*tagLen }

// chunksOf counts the chunks: an empty part has one.
func chunksOf(size int64) int64 { return max(1, (size+chunkLen-1)/chunkLen) }

func partKey(fileKey []byte, number int) (cipher.AEAD, error) {
	return subkey(fileKey, "part"+string(binary.BigEndian.AppendUint16(nil, uint16(number))))
}

func partHeader(id [idLen]byte, number int) []byte {
	b := append(make([]byte, 0, partHead), partMagic...)
	return binary.BigEndian.AppendUint16(append(append(b, partVersion), id[:]...), uint16(number))
}

func chunkNonce(number int64, last bool) []byte {
	nonce := binary.BigEndian.AppendUint64(make([]byte, 3, 12), uint64(number))
	if last {
		return append(nonce, 1)
	}
	return append(nonce, 0)
}

// sealPart reads the page once, for the hash of what it gives sealed.
func sealPart(fileKey []byte, id string, number int, page Page) (kiosk.SealedPart, error) {
	uuid, err := parseUUID(id)
	if err != nil {
		return kiosk.SealedPart{}, err
	}
	gcm, err := partKey(fileKey, number)
	if err != nil {
		return kiosk.SealedPart{}, err
	}
	s := &sealing{page: page, size: page.Size(), aead: gcm, head: partHeader(uuid, number), at: -1}
	p := kiosk.SealedPart{Size: SealedSize(s.size), Data: s}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(s, 0, p.Size)); err != nil {
		return kiosk.SealedPart{}, err
	}
	h.Sum(p.SHA256[:0])
	return p, nil
}

// sealing encrypts a page while it is read, chunk by chunk. It is safe for concurrent use.
type sealing struct {
	mu    sync.Mutex
	page  Page
	size  int64 // of the plaintext
	aead  cipher.AEAD
	head  []byte
	at    int64 // the chunk that is in chunk; -1 for none
	plain []byte
	chunk []byte
}

var errWiped = errors.New("the page is wiped")

// ReadAt gives ciphertext.
func (s *sealing) ReadAt(b []byte, off int64) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.aead == nil {
		return 0, errWiped
	}
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off < int64(partHead) {
		n = copy(b, s.head[off:])
	}
	for n < len(b) {
		at := off + int64(n) - int64(partHead)
		number := at / (chunkLen + tagLen)
		if number >= chunksOf(s.size) {
			return n, io.EOF
		}
		if err := s.seal(number); err != nil {
			return n, err
		}
		within := at - number*(chunkLen+tagLen)
		if within >= int64(len(s.chunk)) {
			return n, io.EOF
		}
		n += copy(b[n:], s.chunk[within:])
	}
	return n, nil
}

// seal makes chunk the one of that number.
func (s *sealing) seal(number int64) error {
	if s.at == number {
		return nil
	}
	begin := number * chunkLen
	size := min(chunkLen, s.size-begin)
	if s.plain == nil {
		s.plain, s.chunk = make([]byte, chunkLen), make([]byte, 0, chunkLen+tagLen)
	}
	plain := s.plain[:size]
	defer clear(plain)
	if n, err := s.page.ReadAt(plain, begin); int64(n) < size {
		s.at = -1
		return fmt.Errorf("read page: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	s.chunk = s.aead.Seal(s.chunk[:0], chunkNonce(number, number == chunksOf(s.size)-1), plain, s.head)
	s.at = number
	return nil
}

// Wipe forgets key and page: nothing can be read any more.
func (s *sealing) Wipe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.plain)
	s.aead, s.page = nil, nil
}

// opening decrypts a part while it is read. Nothing of a chunk is given before it is authentic, but only io.EOF says that the
// whole is.
type opening struct {
	from   io.Reader
	aead   cipher.AEAD
	head   []byte
	number int64
	left   int64 // sealed bytes that follow
	sealed []byte
	plain  []byte // of the current chunk, not yet given
	err    error
}

func newOpening(fileKey []byte, id [idLen]byte, number int, size int64, from io.Reader) (*opening, error) {
	gcm, err := partKey(fileKey, number)
	if err != nil {
		return nil, err
	}
	o := &opening{from: from, aead: gcm, head: partHeader(id, number), left: size - int64(partHead)}
	head := make([]byte, partHead)
	if _, err := io.ReadFull(from, head); err != nil || !bytes.Equal(head, o.head) {
		return nil, errors.New("not this part")
	}
	return o, nil
}

// Read gives plaintext.
func (o *opening) Read(b []byte) (int, error) {
	for len(o.plain) == 0 && o.err == nil {
		o.err = o.next()
	}
	if len(o.plain) == 0 {
		return 0, o.err
	}
	n := copy(b, o.plain)
	clear(o.plain[:n])
	o.plain = o.plain[n:]
	return n, nil
}

// next opens the next chunk; io.EOF after the last, when nothing follows it.
func (o *opening) next() error {
	if o.left == 0 {
		if n, _ := io.ReadFull(o.from, make([]byte, 1)); n > 0 {
			return errors.New("something follows the part")
		}
		return io.EOF
	}
	if o.sealed == nil {
		o.sealed = make([]byte, chunkLen+tagLen)
	}
	size := min(int64(len(o.sealed)), o.left)
	last := size == o.left
	if size < tagLen || size == tagLen && o.number > 0 {
		return errors.New("part has a wrong length")
	}
	if _, err := io.ReadFull(o.from, o.sealed[:size]); err != nil {
		return errors.New("part is cut short")
	}
	plain, err := o.aead.Open(o.sealed[:0], chunkNonce(o.number, last), o.sealed[:size], o.head)
	if err != nil {
		return fmt.Errorf("chunk %d is not authentic", o.number)
	}
	o.plain, o.left = plain, o.left-size
	o.number++
	return nil
}
