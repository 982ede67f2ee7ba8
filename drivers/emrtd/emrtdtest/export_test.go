package emrtdtest

// WithZeros makes keys whose public x coordinate begins with a zero byte: once in 256 otherwise.
func WithZeros(o IssueOptions) IssueOptions {
	o.zeros = true
	return o
}
