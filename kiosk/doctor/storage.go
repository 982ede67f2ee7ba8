package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Machine is where a machine tells of itself; tests show another one. The zero value is this machine.
type Machine struct {
	Sys string // "" is /sys
}

func (m Machine) sys(parts ...string) string {
	if m.Sys == "" {
		m.Sys = "/sys"
	}
	return filepath.Join(append([]string{m.Sys}, parts...)...)
}

// maxFact limits what is read of a file of /sys or /proc.
const maxFact = 64 << 10

// word reads a short file, "" when it is not there.
func word(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, maxFact)
	n, _ := f.Read(b) // what cannot be read is not told
	return strings.TrimSpace(string(b[:n]))
}

// Storage checks the disk under dir: is it writable, has its file system counted errors, and what does the card say of its life.
// eMMC tells its wear in tenths (JEDEC JESD84-B51 §7.4.36 to 38: DEVICE_LIFE_TIME_EST, PRE_EOL_INFO); SD cards tell nothing.
func Storage(m Machine, dir string) Check {
	return Check{Name: "storage", Run: func(context.Context) Finding {
		var fs syscall.Statfs_t
		var st syscall.Stat_t
		at := existing(dir)
		if err := syscall.Statfs(at, &fs); err != nil {
			return Failed(FaultDiskUnreadable, "the file system of "+dir+" does not answer: "+err.Error(), "restart; if it stays, replace the card")
		}
		if err := syscall.Stat(at, &st); err != nil {
			return Failed(FaultDiskUnreadable, "the file system of "+dir+" does not answer: "+err.Error(), "restart; if it stays, replace the card")
		}
		if fs.Flags&syscall.MS_RDONLY != 0 {
			return Failed(FaultDiskReadOnly, dir+" is mounted read-only", "restart; if it stays, replace the card")
		}
		major, minor := st.Dev>>8&0xfff, st.Dev&0xff|st.Dev>>12&0xfff00 // Linux, for device numbers of 32 bits
		return m.wear(fmt.Sprintf("%d:%d", major, minor))
	}}
}

// wear judges a block device by what the kernel counts of it and its file system.
func (m Machine) wear(number string) Finding {
	name, disks := m.disks(number)
	if n := count(m.sys("fs", "ext4", name, "errors_count")); n > 0 {
		return Failed(FaultDiskErrors, fmt.Sprintf("the file system on %s has counted %d errors", name, n), "take what waits out by USB stick, then replace the card")
	}
	told := ""
	for _, d := range disks {
		dev := m.sys("block", d, "device")
		if n := count(filepath.Join(dev, "ioerr_cnt")); n > 0 {
			told += fmt.Sprintf(", %s has counted %d failed transfers", d, n)
		}
		eol, life := count(filepath.Join(dev, "pre_eol_info")), lifeTime(word(filepath.Join(dev, "life_time")))
		switch {
		case eol >= 3 || life > 10:
			return Failed(FaultDiskWorn, d+" says that its life is over", "take what waits out by USB stick, then replace the card")
		case eol == 2 || life >= 9:
			return Warned(FaultDiskWearing, fmt.Sprintf("%s has used %d%% of its life", d, life*10), "have a new card ready")
		case life > 0:
			told += fmt.Sprintf(", %s has used up to %d%% of its life", d, life*10)
		}
	}
	if name == "" {
		return Good("writable; what lies under it is not told here")
	}
	if told == "" {
		told = ", it does not tell its wear"
	}
	return Good("%s is writable, without errors%s", name, told)
}

// disks gives the name of the block device with a number, and of the disks it lies on: below device mapper and partitions.
func (m Machine) disks(number string) (name string, disks []string) {
	at, err := filepath.EvalSymlinks(m.sys("dev", "block", number))
	if err != nil {
		return "", nil
	}
	return filepath.Base(at), m.below(at, 0)
}

// maxLayers bounds how deep device mapper may be stacked.
const maxLayers = 8

func (m Machine) below(at string, layer int) (disks []string) {
	if layer > maxLayers {
		return nil
	}
	if slaves, err := os.ReadDir(filepath.Join(at, "slaves")); err == nil && len(slaves) > 0 {
		for _, s := range slaves {
			if under, err := filepath.EvalSymlinks(filepath.Join(at, "slaves", s.Name())); err == nil {
				disks = append(disks, m.below(under, layer+1)...)
			}
		}
		return disks
	}
	if word(filepath.Join(at, "partition")) != "" {
		at = filepath.Dir(at)
	}
	return []string{filepath.Base(at)}
}

// lifeTime gives the greater of the two tenths of "0x01 0x02", 0 for none.
func lifeTime(s string) int {
	most := 0
	for _, w := range strings.Fields(s) {
		if n, err := strconv.ParseInt(w, 0, 16); err == nil {
			most = max(most, int(n))
		}
	}
	return most
}

// count reads a number (decimal, or 0x…), 0 when there is none.
func count(path string) int {
	n, err := strconv.ParseInt(word(path), 0, 64)
	if err != nil {
		return 0
	}
	return int(n)
}
