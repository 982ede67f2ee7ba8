package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// initrd makes the initramfs: kinit and the modules it loads, in the order in which they need each other.
func initrd(o options) error {
	kinit, err := os.ReadFile(o.kinit)
	if err != nil {
		return err
	}
	var wanted, dep string
	for file, to := range map[string]*string{o.modules: &wanted, filepath.Join(o.lib, "modules.dep"): &dep} {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		*to = string(b)
	}
	var a archive
	for _, dir := range []string{"dev", "proc", "sys", "root", "modules"} {
		a.add(dir, 0o040755, nil)
	}
	a.add("init", 0o100755, kinit)
	var order strings.Builder
	for _, file := range resolve(parseDep(dep), words(wanted)) {
		data, err := module(filepath.Join(o.lib, file))
		if err != nil {
			return err
		}
		name := moduleName(file) + ".ko"
		a.add("modules/"+name, 0o100644, data)
		fmt.Fprintln(&order, name)
	}
	a.add("modules/order", 0o100644, []byte(order.String()))
	return a.write(o.out)
}

// words gives the words of a list without its comments.
func words(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		list = append(list, strings.Fields(line)...)
	}
	return list
}

// moduleName gives a module's name as its users write it: - and _ are the same.
func moduleName(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".")
	return strings.ReplaceAll(name, "-", "_")
}

// parseDep reads modules.dep (depmod): a file, a colon, the files it needs, the last needed first.
func parseDep(text string) map[string][]string {
	dep := map[string][]string{}
	for line := range strings.Lines(text) {
		file, needs, ok := strings.Cut(line, ":")
		if ok {
			dep[moduleName(file)] = append([]string{file}, strings.Fields(needs)...)
		}
	}
	return dep
}

// resolve gives the files of the wanted modules and of what they need, each once, in an order that can be loaded.
func resolve(dep map[string][]string, wanted []string) []string {
	var list []string
	for _, name := range wanted {
		files := slices.Clone(dep[strings.ReplaceAll(name, "-", "_")])
		slices.Reverse(files)
		for _, f := range files {
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	return list
}

func module(file string) ([]byte, error) {
	if !strings.HasSuffix(file, ".xz") {
		return os.ReadFile(file)
	}
	out, err := exec.Command("xz", "-dc", file).Output()
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", filepath.Base(file), err)
	}
	return out, nil
}

// archive is a cpio archive of the "new" form (Linux: driver-api/early-userspace/buffer-format).
type archive struct {
	bytes.Buffer
	count int
}

func (a *archive) add(name string, mode int, data []byte) {
	a.count++
	_, _ = fmt.Fprintf(a, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		a.count, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name)+1, 0, name)
	a.pad()
	a.Write(data)
	a.pad()
}

func (a *archive) pad() { a.Write(make([]byte, (4-a.Len()%4)%4)) }

func (a *archive) write(file string) error {
	a.add("TRAILER!!!", 0, nil)
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(a.Bytes()); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, packed.Bytes(), 0o644)
}
