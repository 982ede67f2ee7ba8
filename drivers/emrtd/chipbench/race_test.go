//go:build race

package chipbench

// defaultReads of TestSoakReads: the race detector makes the cryptography ten times as slow.
const defaultReads = 100
