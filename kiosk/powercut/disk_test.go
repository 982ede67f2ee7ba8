package powercut

import (
	"bytes"
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// sector is what a disk writes whole, or not.
const sector = 512

// kind is what an entry of the log did.
type kind int

const (
	wrote     kind = 1 // data at an offset
	resized   kind = 2 // to size
	created   kind = 3
	removed   kind = 4
	flushed   kind = 5
	witnessed kind = 6 // the process said that something happened
	renamed   kind = 7 // file to to
)

// entry is one line of the log.
type entry struct {
	kind    kind
	machine string
	file    string
	at      int64 // offset, or size
	data    []byte
	to      string // the new name
}

// disk is the memory behind the file systems of all machines, with one log.
type disk struct {
	mu     sync.Mutex
	log    []entry
	notify func(n int) // called after each entry, with the log's length
}

func (d *disk) add(e entry) {
	d.mu.Lock()
	d.log = append(d.log, e)
	n, f := len(d.log), d.notify
	d.mu.Unlock()
	if f != nil {
		f(n)
	}
}

func (d *disk) onEntry(f func(n int)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notify = f
}

// mount makes the folder a machine's file system until the test ends, or until the function given is called; begin is what is on it.
func (d *disk) mount(t *testing.T, machine, dir string, begin files) (unmount func()) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	server, err := fs.Mount(dir, &folder{disk: d, machine: machine, begin: begin}, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: os.Geteuid() == 0, FsName: "powercut", Name: "powercut"},
	})
	if err != nil {
		t.Skipf("no FUSE here: %v", err)
	}
	unmount = sync.OnceFunc(func() {
		err := server.Unmount()
		for range 50 { // a process that was killed is still being taken apart
			if err == nil {
				return
			}
			<-time.After(20 * time.Millisecond)
			err = server.Unmount()
		}
		t.Errorf("unmount: %v", err)
	})
	t.Cleanup(unmount)
	return unmount
}

// folder is the root of a machine's file system: flat.
type folder struct {
	fs.Inode
	disk    *disk
	machine string
	begin   files
}

var (
	_ fs.NodeOnAdder  = (*folder)(nil)
	_ fs.NodeRenamer  = (*folder)(nil)
	_ fs.NodeCreater  = (*folder)(nil)
	_ fs.NodeUnlinker = (*folder)(nil)
	_ fs.NodeStatfser = (*folder)(nil)
	_ fs.NodeFsyncer  = (*folder)(nil)
)

// OnAdd puts there what is there already.
func (f *folder) OnAdd(ctx context.Context) {
	for name, data := range f.begin {
		file := &file{disk: f.disk, machine: f.machine, name: name, mode: 0o600, data: bytes.Clone(data)}
		f.AddChild(name, f.NewPersistentInode(ctx, file, fs.StableAttr{Mode: syscall.S_IFREG}), true)
	}
}

// Rename gives a file another name, in this folder: the tree is the library's.
func (f *folder) Rename(_ context.Context, name string, _ fs.InodeEmbedder, to string, _ uint32) syscall.Errno {
	file, ok := f.GetChild(name).Operations().(*file)
	if !ok {
		return syscall.EINVAL
	}
	file.mu.Lock()
	defer file.mu.Unlock()
	file.name = to
	f.disk.add(entry{kind: renamed, machine: f.machine, file: name, to: to})
	return 0
}

// Create makes a file.
func (f *folder) Create(ctx context.Context, name string, _, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	file := &file{disk: f.disk, machine: f.machine, name: name, mode: mode}
	child := f.NewInode(ctx, file, fs.StableAttr{Mode: syscall.S_IFREG})
	f.AddChild(name, child, true)
	f.disk.add(entry{kind: created, machine: f.machine, file: name})
	file.attr(&out.Attr)
	return child, nil, 0, 0
}

// Statfs tells of room enough.
func (f *folder) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	out.Bsize, out.Frsize, out.NameLen = 4096, 4096, 255
	out.Blocks, out.Bfree, out.Bavail = 1<<20, 1<<19, 1<<19
	return 0
}

// Fsync flushes the folder: what was created and removed in it.
func (f *folder) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	f.disk.add(entry{kind: flushed, machine: f.machine, file: "."})
	return 0
}

// Unlink removes a file.
func (f *folder) Unlink(_ context.Context, name string) syscall.Errno {
	f.disk.add(entry{kind: removed, machine: f.machine, file: name})
	return 0
}

// file is a file in memory.
type file struct {
	fs.Inode
	disk    *disk
	machine string
	name    string
	mode    uint32

	mu   sync.Mutex
	data []byte
}

var (
	_ fs.NodeOpener    = (*file)(nil)
	_ fs.NodeReader    = (*file)(nil)
	_ fs.NodeWriter    = (*file)(nil)
	_ fs.NodeFsyncer   = (*file)(nil)
	_ fs.NodeGetattrer = (*file)(nil)
	_ fs.NodeSetattrer = (*file)(nil)
)

func (f *file) attr(a *fuse.Attr) {
	a.Size, a.Mode, a.Nlink = uint64(len(f.data)), f.mode&0o777|syscall.S_IFREG, 1
	a.Uid, a.Gid = uint32(os.Getuid()), uint32(os.Getgid())
}

// Open opens.
func (f *file) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) { return nil, 0, 0 }

// Getattr tells the size.
func (f *file) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attr(&out.Attr)
	return 0
}

// Setattr sets the size.
func (f *file) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	if mode, ok := in.GetMode(); ok {
		f.mode = mode
	}
	if size, ok := in.GetSize(); ok {
		f.data = resize(f.data, int64(size))
		f.disk.add(entry{kind: resized, machine: f.machine, file: f.name, at: int64(size)})
	}
	f.attr(&out.Attr)
	return 0
}

// Read reads.
func (f *file) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off >= int64(len(f.data)) {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(dest[:copy(dest, f.data[off:])]), 0
}

// Write writes.
func (f *file) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.data = patch(f.data, off, data)
	f.disk.add(entry{kind: wrote, machine: f.machine, file: f.name, at: off, data: bytes.Clone(data)})
	return uint32(len(data)), 0
}

// Fsync flushes.
func (f *file) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	f.disk.add(entry{kind: flushed, machine: f.machine, file: f.name})
	return 0
}

func resize(b []byte, size int64) []byte {
	if size <= int64(len(b)) {
		return b[:size]
	}
	return append(b, make([]byte, size-int64(len(b)))...)
}

func patch(b []byte, off int64, data []byte) []byte {
	if end := off + int64(len(data)); end > int64(len(b)) {
		b = resize(b, end)
	}
	copy(b[off:], data)
	return b
}

// files is a machine's disk at one moment.
type files map[string][]byte

func (f files) clone() files {
	c := maps.Clone(f)
	for name, b := range c {
		c[name] = bytes.Clone(b)
	}
	return c
}

// apply carries an entry out, the data as given: all of it, or with sectors missing.
func (f files) apply(e entry) {
	switch e.kind {
	case created:
		if _, ok := f[e.file]; !ok {
			f[e.file] = nil
		}
	case removed:
		delete(f, e.file)
	case renamed:
		if b, ok := f[e.file]; ok {
			f[e.to] = b
			delete(f, e.file)
		}
	case resized:
		if b, ok := f[e.file]; ok {
			f[e.file] = resize(bytes.Clone(b), e.at)
		}
	case wrote:
		f[e.file] = patch(f[e.file], e.at, e.data)
	}
}

// mode says what becomes of what was not flushed.
type mode int

const (
	nothing mode = iota // all of it is lost
	prefix              // all of it is there
	subset              // some entries are there, some not
	torn                // of some entries, some sectors are there
	modes
)

func (m mode) String() string { return [...]string{"nothing", "prefix", "subset", "torn"}[m] }

// tracker walks the log for one machine: what is durable, and what is pending.
type tracker struct {
	machine string
	durable files
	pending []entry
}

// step takes one entry in. A flush makes everything of its file durable, in the order it came; a flush of the folder makes durable
// which files there are. A name that was removed comes back unless the folder, or another file of that name, was flushed.
func (t *tracker) step(e entry) {
	if e.machine != t.machine || e.kind == witnessed {
		return
	}
	if e.kind != flushed {
		t.pending = append(t.pending, e)
		return
	}
	gone := make(map[string]int) // where the last removal of a file stands that the flush makes durable
	for i, p := range t.pending {
		if p.kind == removed && (e.file == "." || p.file == e.file) {
			gone[p.file] = i
		}
	}
	var rest []entry
	for i, p := range t.pending {
		last, removal := gone[p.file]
		switch {
		case p.file == e.file, p.kind == renamed && p.to == e.file,
			e.file == "." && (p.kind == created || p.kind == removed || p.kind == renamed):
			t.durable.apply(p)
			if p.kind == renamed { // what is not flushed of the file goes with its name
				for j := range rest {
					if rest[j].file == p.file {
						rest[j].file = p.to
					}
				}
			}
		case removal && i < last: // of the file that is gone
		default:
			rest = append(rest, p)
		}
	}
	t.pending = rest
}

// cut gives what a cut leaves now.
func (t *tracker) cut(m mode, dice *rand.Rand) files {
	f := t.durable.clone()
	for _, e := range t.pending {
		switch {
		case m == nothing, m != prefix && dice.IntN(2) == 0:
		case m == torn && e.kind == wrote:
			for at := 0; at < len(e.data); at += sector {
				if dice.IntN(2) == 0 {
					f.apply(entry{kind: wrote, file: e.file, at: e.at + int64(at), data: e.data[at:min(at+sector, len(e.data))]})
				}
			}
		default:
			f.apply(e)
		}
	}
	return f
}

// length is how many entries the log has.
func (d *disk) length() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.log)
}

// entry gives one of them.
func (d *disk) entry(n int) entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log[n]
}
