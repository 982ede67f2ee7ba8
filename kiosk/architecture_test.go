package kiosk_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// module is this module's path; every import path below is relative to it.
const module = "motcua"

// everything may import any package of ours.
const everything = "*"

// imports is the table of arrows between packages: what each may import, of ours, outside its tests. A package that is not in
// it, or an arrow that is not, fails the test. Entries beyond the founding table carry their reason.
var imports = map[string][]string{
	"kiosk":            {}, // the words: standard library only
	"kiosk/mrz":        {},
	"kiosk/cccd":       {},
	"kiosk/audit":      {"kiosk"}, // its list names the codes, verdicts and the AuditStore of kiosk
	"kiosk/session":    {"kiosk", "kiosk/audit"},
	"kiosk/catalogue":  {"kiosk"},
	"kiosk/calendar":   {"kiosk"},
	"kiosk/places":     {"kiosk", "kiosk/catalogue"},                            // names are folded and compared as the catalogue does
	"kiosk/bundle":     {"kiosk"},                                               // signed data files: catalogue and calendar, each unaware of how it came
	"kiosk/statement":  {"kiosk/devicekey"},                                     // what a kiosk says of itself, signed by its key
	"kiosk/devicekey":  {},                                                      // the device's signature, of evidence, envelopes and deletion records alike
	"kiosk/dossier":    {"kiosk", "kiosk/mrz", "kiosk/cccd", "kiosk/devicekey"}, // the device signs the evidence
	"kiosk/seal":       {"kiosk", "kiosk/devicekey"},                            // and the envelope
	"kiosk/outbox":     {"kiosk", "kiosk/audit"},
	"kiosk/store":      {"kiosk"},
	"kiosk/powercut":   {},                        // a laboratory: tests alone, over the kiosk and the office together
	"kiosk/rota":       {"kiosk"},                 // a file of the office, read at the kiosk
	"kiosk/backoffice": {"kiosk", "kiosk/bundle"}, // kiosks fetch bundles as they are
	"kiosk/uplink":     {},                        // a relay of bytes: it knows nothing of what it carries
	// The conformance suite drives a receiver through the client's wire types.
	"kiosk/backoffice/backofficetest": {"kiosk", "kiosk/backoffice", "kiosk/bundle"},
	// The office logs by the same closed list as the kiosk.
	"kiosk/onestop": {"kiosk", "kiosk/audit", "kiosk/backoffice", "kiosk/bundle", "kiosk/calendar", "kiosk/dossier", "kiosk/seal", "kiosk/catalogue"},
	// The SQL side of the office's store interface, and the suite every such store passes.
	"kiosk/onestop/sqlstore": {"kiosk", "kiosk/backoffice", "kiosk/onestop"}, // the statements, once for both databases; parts and changes are words of the intake
	"kiosk/onestop/sqlite":   {"kiosk", "kiosk/onestop/sqlstore"},
	"kiosk/onestop/postgres": {"kiosk", "kiosk/onestop", "kiosk/onestop/sqlstore"},
	"kiosk/onestop/national": {"kiosk", "kiosk/onestop"}, // mappers of the office's records to national protocols
	// A temporary server for tests: it knows nothing of ours.
	"kiosk/onestop/postgres/postgrestest": {},
	"kiosk/onestop/onestoptest":           {"kiosk", "kiosk/audit", "kiosk/dossier", "kiosk/provision", "kiosk/seal", "kiosk/onestop"}, // the suite files whole dossiers of an enrolled kiosk
	"kiosk/config":                        {"kiosk"},
	"kiosk/doctor":                        {"kiosk"},
	"kiosk/firmware":                      {"kiosk", "kiosk/bundle"},                                                      // slots and updates; the release keys are read as a bundle's
	"kiosk/cmd/kinit":                     {"kiosk/firmware"},                                                             // the initramfs' one program: it must stay small
	"systemd/image/mkimage":               {"kiosk/bundle", "kiosk/firmware"},                                             // makes the image's files
	"kiosk/provision":                     {"kiosk", "kiosk/config", "kiosk/devicekey", "kiosk/seal", "kiosk/backoffice"}, // it holds the device's key
	"kiosk/daemon":                        {everything},
	"kiosk/cmd/kioskd":                    {everything},
	"kiosk/cmd/kiosk-browser":             {}, // small and without OpenCV: it runs in the browser's sandbox
	"kiosk/cmd/kioskctl":                  {everything},
	"kiosk/cmd/onestopd":                  {everything},
	"kiosk/catalogue/cataloguetest":       {"kiosk", "kiosk/catalogue"}, // large catalogues for measurements
	// A generator run by hand: it writes the starter catalogue that kiosk/catalogue embeds.
	"kiosk/catalogue/makestarter": {"kiosk", "kiosk/catalogue"},

	"drivers":       {"kiosk"},
	"drivers/apdu":  {},
	"drivers/emrtd": {"kiosk", "kiosk/mrz", "kiosk/cccd", "drivers", "drivers/apdu", "drivers/emrtd/dh", "drivers/emrtd/ec", "drivers/emrtd/icao", "drivers/emrtd/lds", "drivers/emrtd/pa", "drivers/emrtd/tlv"},
	// The parts of the chip protocol: curves and key derivation know nothing of ours; TLV is shared by all.
	"drivers/emrtd/dh":   {},
	"drivers/emrtd/ec":   {},
	"drivers/emrtd/icao": {"drivers/emrtd/tlv"},
	"drivers/emrtd/tlv":  {},
	"drivers/emrtd/lds":  {"kiosk", "kiosk/mrz", "kiosk/cccd", "drivers/emrtd/dh", "drivers/emrtd/ec", "drivers/emrtd/tlv"},
	"drivers/emrtd/pa":   {"kiosk", "drivers/emrtd/ec", "drivers/emrtd/lds", "drivers/emrtd/tlv"},
	// The BSI test plan is a list of cases; its tests drive the reader against the simulated chip.
	"drivers/emrtd/bsi": {},
	// Only tests again: its benchmarks read over every kind of reader, pcsc and pn532 among them.
	"drivers/emrtd/chipbench": {},
	// The simulated chip answers with the same parts the reader uses, never with the reader itself.
	"drivers/emrtd/emrtdtest":     {"kiosk", "kiosk/mrz", "kiosk/cccd", "drivers/apdu", "drivers/emrtd/dh", "drivers/emrtd/ec", "drivers/emrtd/icao", "drivers/emrtd/lds", "drivers/emrtd/pa", "drivers/emrtd/tlv"},
	"drivers/tcl":                 {"drivers/apdu"},
	"drivers/pn532":               {"kiosk", "drivers", "drivers/apdu", "drivers/tcl"},
	"drivers/pn532/pn532test":     {"kiosk", "drivers", "drivers/apdu", "drivers/tcl", "drivers/pn532"},
	"drivers/uart":                {"drivers"},
	"drivers/pcsc":                {"kiosk", "drivers", "drivers/apdu"},
	"drivers/pcsc/vpcd":           {"drivers/apdu"}, // the virtual reader's wire: APDUs alone
	"drivers/printer":             {"kiosk", "drivers"},
	"drivers/printer/printertest": {"drivers/printer"}, // the other end of the line: it gives back the driver's own pictures
	"drivers/speaker":             {"kiosk", "drivers"},
	// A generator run by make clips: it reads the prompts that the driver embeds.
	"drivers/speaker/makeclips": {"drivers/speaker"},
	"drivers/panel":             {"kiosk", "drivers"},
	"drivers/sim":               {"kiosk", "drivers", "drivers/apdu", "drivers/emrtd", "drivers/emrtd/emrtdtest", "drivers/pn532/pn532test", "drivers/printer/printertest"},

	"vision":          {"kiosk"},
	"vision/models":   {"kiosk", "vision"}, // its errors are kiosk.Errors with code model_missing
	"vision/camera":   {"kiosk", "vision"},
	"vision/child":    {"kiosk"}, // ports over a socket: it links no OpenCV itself
	"vision/face":     {"kiosk", "vision", "vision/models", "kiosk/mrz", "kiosk/cccd"},
	"vision/liveness": {"kiosk", "vision", "vision/models", "kiosk/mrz", "kiosk/cccd"},
	"vision/qr":       {"kiosk", "vision", "vision/models", "kiosk/mrz", "kiosk/cccd"},
	"vision/ocrb":     {"kiosk", "vision", "vision/models", "kiosk/mrz", "kiosk/cccd"},
	"vision/spot":     {"kiosk", "kiosk/mrz", "kiosk/cccd", "vision", "vision/qr", "vision/ocrb"},
	// A generator run by hand: it makes the network that vision/ocrb embeds.
	"vision/ocrb/train": {"vision/ocrb", "vision/visiontest"},
	"vision/paper":      {"kiosk", "vision", "vision/models", "kiosk/mrz", "kiosk/cccd"},
	"vision/visiontest": {"kiosk", "vision"},

	"ui":            {"kiosk", "kiosk/session"},
	"ui/officer":    {"kiosk", "kiosk/dossier", "kiosk/onestop", "ui"}, // an opened dossier's evidence is of kiosk/dossier
	"ui/technician": {"kiosk", "kiosk/doctor", "ui"},
	// The dock names the faults that a simulated chip and the simulated printer can be given.
	"ui/dock": {"kiosk", "drivers/sim", "drivers/emrtd/emrtdtest", "drivers/printer/printertest", "ui"},
	// A command of the browser tests: it serves the citizen's pages with canned state, without a kiosk.
	"ui/e2e/storyserver": {"kiosk", "kiosk/session", "ui"},
	"systemd":            {},
	"systemd/image":      {"kiosk/firmware"}, // its test reads the disk of the machine it starts
	// The first program of the test's small image stands in for the kiosk.
	"systemd/image/agent": {"kiosk/firmware"},
}

// foreign says where a third-party package may be used: everywhere else it is refused, in tests as well.
var foreign = map[string][]string{
	"gocv.io/":                        {"vision"},                              // OpenCV links into one place
	"github.com/mattn/go-sqlite3":     {"kiosk/store", "kiosk/onestop/sqlite"}, // SQL drivers are opened in two places, with checked pragmas
	"github.com/jackc/pgx/":           {"kiosk/onestop/postgres"},
	"github.com/ebitengine/oto":       {"drivers/speaker"},
	"github.com/jfreymuth/oggvorbis":  {"drivers/speaker"},
	"github.com/ebfe/scard":           {"drivers/pcsc"},
	"periph.io/x/":                    {"drivers/pn532", "drivers/uart", "drivers/panel", "kiosk/cmd", "kiosk/daemon"}, // conn's ports; host opens SPI and I²C in the commands
	"github.com/BurntSushi/toml":      {"kiosk/config", "kiosk/cmd", "kiosk/daemon", "kiosk/onestop", "drivers/emrtd/emrtdtest"},
	"github.com/coreos/go-systemd/":   {"kiosk/daemon", "kiosk/cmd"},
	"github.com/aead/cmac":            {"drivers/emrtd"},
	"github.com/hanwen/go-fuse/":      {"kiosk/powercut"}, // the disk whose writes are recorded
	"github.com/rogpeppe/go-internal": {"kiosk/cmd"},
}

// source is one parsed Go file.
type source struct {
	path string // relative to the root
	pkg  string // its folder
	test bool
	ast  *ast.File
	fset *token.FileSet
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal("package kiosk is not one folder below go.mod: ", err)
	}
	return dir
}

// skipped are folders that hold nothing written by people for this repository.
func skipped(name string) bool {
	return name == "build" || name == "node_modules" || name == "testdata" || (strings.HasPrefix(name, ".") && name != "." && name != ".ci")
}

// files gives every file of the tree below the root, relative to it.
func files(t *testing.T) []string {
	t.Helper()
	var list []string
	top := root(t)
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipped(d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() { // a link leads to something that is not this repository's
			list = append(list, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	top := root(t)
	for _, path := range files(t) {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(top, path), nil, parser.ParseComments|parser.SkipObjectResolution)
		if errors.Is(err, fs.ErrNotExist) {
			continue // an editor moved it meanwhile
		}
		if err != nil {
			t.Fatal(err)
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		list = append(list, source{path, pkg, strings.HasSuffix(path, "_test.go"), f, fset})
	}
	if len(list) < 20 {
		t.Fatalf("only %d Go files were found: the test looks in the wrong place", len(list))
	}
	return list
}

func importsOf(t *testing.T, s source) []string {
	t.Helper()
	var list []string
	for _, i := range s.ast.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func TestImportTable(t *testing.T) {
	reported := map[string]bool{}
	fail := func(key, format string, args ...any) {
		if !reported[key] {
			reported[key] = true
			t.Errorf(format, args...)
		}
	}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		allowed, known := imports[s.pkg]
		if !known {
			fail(s.pkg, "package %s is not in the import table: add it, with the reason", s.pkg)
			continue
		}
		for _, p := range importsOf(t, s) {
			to, ours := strings.CutPrefix(p, module+"/")
			if ours && !slices.Contains(allowed, to) && !slices.Contains(allowed, everything) {
				fail(s.pkg+to, "%s: %s must not import %s: the arrow is not in the import table", s.path, s.pkg, to)
			}
		}
	}
}

// The table itself: arrows lead to packages of the table, and siblings stay apart.
func TestImportTableIsSound(t *testing.T) {
	worlds := []string{"drivers", "vision", "ui"}
	world := func(pkg string) string {
		first, _, _ := strings.Cut(pkg, "/")
		if slices.Contains(worlds, first) {
			return first
		}
		return ""
	}
	// The demo is the one exception: its dock drives the simulator.
	exceptions := []string{"ui/dock drivers/sim", "ui/dock drivers/emrtd/emrtdtest", "ui/dock drivers/printer/printertest"}
	for from, list := range imports {
		for _, to := range list {
			if to == everything {
				continue
			}
			if _, ok := imports[to]; !ok {
				t.Errorf("the table lets %s import %s, which is not in it", from, to)
			}
			a, b := world(from), world(to)
			if a != "" && b != "" && a != b && !slices.Contains(exceptions, from+" "+to) {
				t.Errorf("the table lets %s import %s: drivers, vision and ui never import each other", from, to)
			}
		}
	}
}

func TestForeignPackages(t *testing.T) {
	for _, s := range sources(t) {
		for _, p := range importsOf(t, s) {
			for prefix, places := range foreign {
				if !strings.HasPrefix(p, prefix) {
					continue
				}
				if !slices.ContainsFunc(places, func(place string) bool { return s.pkg == place || strings.HasPrefix(s.pkg, place+"/") }) {
					t.Errorf("%s imports %s; only %s may", s.path, p, strings.Join(places, ", "))
				}
			}
		}
	}
}

// The words are for everyone: package kiosk uses the standard library alone.
func TestKioskUsesStandardLibraryOnly(t *testing.T) {
	for _, s := range sources(t) {
		if s.pkg != "kiosk" || s.test {
			continue
		}
		for _, p := range importsOf(t, s) {
			if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") || first == module {
				t.Errorf("%s imports %s", s.path, p)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	docs, seen, commands := map[string]string{}, map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.test && s.pkg != "systemd" { // systemd has tests only
			continue
		}
		seen[s.pkg], commands[s.pkg] = true, s.ast.Name.Name == "main"
		if s.ast.Doc != nil {
			docs[s.pkg] += s.ast.Doc.Text()
		}
	}
	for pkg := range seen {
		first, _, found := strings.Cut(strings.ReplaceAll(docs[pkg], "\n", " "), ". ")
		start := "Package " + filepath.Base(pkg) + " "
		if commands[pkg] {
			start = "Command " + filepath.Base(pkg) + " "
		}
		if !found || !strings.HasPrefix(first, start) || len(first) < len(start)+12 {
			t.Errorf("package %s needs a comment of at least one sentence that begins %q", pkg, start)
		}
	}
}

func TestRootLayout(t *testing.T) {
	allowed := []string{"kiosk", "drivers", "vision", "ui", "systemd", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "build"}
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s does not belong at the root", e.Name())
		}
	}
}

// A sleep cannot be ended by a context: wait with a timer in a select.
func TestNobodySleeps(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Sleep" {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
				t.Errorf("%s: time.Sleep", s.fset.Position(sel.Pos()))
			}
			return true
		})
	}
}

// Packages without a subject of their own collect what belongs elsewhere.
func TestNoCatchAllPackages(t *testing.T) {
	for _, s := range sources(t) {
		for part := range strings.SplitSeq(s.pkg, "/") {
			if slices.Contains([]string{"util", "utils", "common", "helpers", "misc", "internal", "pkg", "shared"}, part) {
				t.Errorf("%s: name the package for what it talks to or decides", s.path)
			}
		}
	}
}

// Paths of one machine do not work on another.
func TestNoPathsOfOneMachine(t *testing.T) {
	bad := []string{"/" + "work/", "/" + "home/", "/" + "root/", "/" + "Users/"}
	text := []string{".go", ".md", ".toml", ".sh", ".js", ".mjs", ".json", ".yml", ".yaml", ".service", ".conf", ".rules", ".txt", ".html", ".css", ".txtar", ""}
	for _, path := range files(t) {
		if !slices.Contains(text, filepath.Ext(path)) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root(t), path))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range bad {
			for i := 0; ; {
				j := strings.Index(string(data[i:]), b)
				if j < 0 {
					break
				}
				i += j
				if i == 0 || !isPathByte(data[i-1]) {
					t.Errorf("%s line %d: a path below %s", path, strings.Count(string(data[:i]), "\n")+1, b)
				}
				i += len(b)
			}
		}
	}
}

// isPathByte tells that the slash continues a relative path ("../work/x" of an address or a folder) rather than starts one.
func isPathByte(c byte) bool {
	r := rune(c)
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-/", r)
}
