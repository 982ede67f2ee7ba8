// Package bsi runs BSI TR-03105 Part 5.1, the test plan for inspection systems that read ICAO 9303 chips with EAC version 1,
// against the reader of package emrtd.
//
// What a newcomer must know:
//
//   - [Plan] is the table of all 338 cases. Those of terminal authentication, of the fingerprint and iris groups and of EF.CVCA
//     do not apply, because this project reads neither and holds no terminal certificates; 268 cases are left.
//   - The cases themselves are tests. Every unit of the guideline has a file named after it (iso7816_c_test.go holds ISO7816_C_01
//     and so on), which registers a function for each case; TestPlan runs them as subtests named by the number.
//     A case puts a simulated chip into the state the guideline asks for (bench_test.go) and lets the real reader read it.
//   - An applicable case that nobody registered fails, and so does one that skips itself.
//   - `go test ./drivers/emrtd/bsi -run TestPlan -report FILE` writes the table of results.
//   - The guideline judges an inspection system by what it shows: "PASS" of a manipulated chip is a chip that is not accepted,
//     or an error that a person is shown. Here that is a verdict other than verified with the check that says why, or a
//     kiosk.Error with its code. Where the document can be told apart from a forged one, the case asks for the stricter of both.
//
// Sources: BSI TR-03105 Part 5.1 v1.5 (2020-02-10), whose numbers and titles are used; BSI TR-03135-1 v2.5 (results);
// ICAO Doc 9303-10 and 9303-11 (8th ed.); BSI TR-03110-1 and -3 v2.21.
package bsi

// Case is one test case of the guideline.
type Case struct {
	ID    string // "ISO7816_A_01"
	Title string // as in the guideline
	Not   string // why the case does not apply, "" when it does
}

// Applies reports whether the case applies to this inspection system.
func (c Case) Applies() bool { return c.Not == "" }

// The reasons why a case does not apply.
const (
	noTA      = "no terminal authentication: the kiosk holds no terminal certificates and reads nothing that needs them"
	noFingers = "DG3 is not read: fingerprints need terminal authentication"
	noIris    = "DG4 is not read: iris images need terminal authentication"
	noCVCA    = "EF.CVCA is not read: it serves terminal authentication alone"
)

// Plan gives all cases in the guideline's order.
func Plan() []Case { return append([]Case(nil), plan...) }
