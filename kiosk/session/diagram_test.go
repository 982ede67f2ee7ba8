package session

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

const diagramFile = "testdata/states.dot"

// TestDiagram keeps the diagram of the screens that the transitions really make: "go test ./kiosk/session -run Diagram -update"
// writes it anew, "dot -Tsvg" draws it. What holds everywhere is left out: help, exit and silence.
func TestDiagram(t *testing.T) {
	got := dot(explored().arrows)
	if *update {
		if err := os.WriteFile(diagramFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(diagramFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the transitions make: look at the change, then run this test with -update", diagramFile)
	}
}

// dot writes the arrows in Graphviz's language, in the order of the screens.
func dot(arrows map[[2]Screen]map[Kind]bool) string {
	var b strings.Builder
	b.WriteString("// The screens of a visit. From every one: help, exit, and silence, which ends wiped in attract.\n")
	b.WriteString("digraph visit {\n  rankdir=TB; node [shape=box, style=rounded];\n")
	for _, from := range Screens {
		fmt.Fprintf(&b, "  %s [label=\"%s\\n%s\"];\n", from, from, Delays[from])
		for _, to := range Screens {
			if kinds := arrows[[2]Screen{from, to}]; kinds != nil {
				fmt.Fprintf(&b, "  %s -> %s [label=\"%s\"];\n", from, to, names(kinds))
			}
		}
	}
	b.WriteString("}\n")
	return b.String()
}

func names(kinds map[Kind]bool) string {
	var all []string
	for k := range kinds {
		all = append(all, k.String())
	}
	slices.Sort(all)
	return strings.Join(all, "\\n")
}
