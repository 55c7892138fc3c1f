// Package cstring reads strings as C does, which finds a NUL behind their end.
package cstring

// At is s[i], and 0 behind the end.
func At(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}
