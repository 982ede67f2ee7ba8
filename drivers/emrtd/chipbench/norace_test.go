//go:build !race

package chipbench

// defaultReads of TestSoakReads: well under a minute.
const defaultReads = 300
