// Command mkimage makes the files of an image that no Debian tool makes: the initramfs, the disk with its partitions, the signed
// update file. It writes plain files: no loop device, no mount, no privilege.
//
//	mkimage initrd -kinit FILE -modules LIST -lib DIR -out FILE
//	mkimage disk   -firm FILE -boot FILE -root FILE -out FILE
//	mkimage update -boot FILE -root FILE -key FILE -version V -serial N -arch A -made UNIX -out FILE
//	mkimage key    -out FILE        (a release key, for trying out; the maker's own lies elsewhere)
//
// The same input gives the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mkimage:", err)
		os.Exit(3)
	}
}

type options struct {
	kinit, modules, lib, firm, boot, root, key, version, arch, out string
	serial, made                                                   int64
}

func run(args []string) error {
	jobs := map[string]func(options) error{"initrd": initrd, "disk": makeDisk, "update": makeUpdate, "key": makeKey}
	if len(args) == 0 || jobs[args[0]] == nil {
		return fmt.Errorf("usage: mkimage initrd|disk|update|key [flags]")
	}
	var o options
	set := flag.NewFlagSet("mkimage "+args[0], flag.ContinueOnError)
	for name, s := range map[string]*string{
		"kinit": &o.kinit, "modules": &o.modules, "lib": &o.lib, "firm": &o.firm, "boot": &o.boot, "root": &o.root, "key": &o.key,
		"version": &o.version, "arch": &o.arch, "out": &o.out,
	} {
		set.StringVar(s, name, "", "")
	}
	set.Int64Var(&o.serial, "serial", 0, "")
	set.Int64Var(&o.made, "made", 0, "")
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	if o.out == "" {
		return fmt.Errorf("-out is missing")
	}
	return jobs[args[0]](o)
}
