// Package glob matches names with patterns as the kernel does (lib/glob.c).
package glob

import "trapline/internal/cstring"

// Match matches a whole text: '*' any bytes, '?' one, "[a-z]" and "[!a-z]" one of a set, '\' takes the next byte as it
// is. A set that does not end is a plain '[' (glob_match()). Only the last '*' is ever tried again.
func Match(p, s string) bool {
	behindStar, from, star := "", "", false
	for {
		if p != "" && p[0] == '*' {
			p = p[1:]
			behindStar, from, star = p, s, true
			continue
		}
		if s == "" {
			return p == ""
		}
		if n := one(p, s[0]); n > 0 {
			p, s = p[n:], s[1:]
			continue
		}
		if !star {
			return false
		}
		from = from[1:]
		p, s = behindStar, from
	}
}

// one is how many bytes of a pattern match a byte; 0 if they do not.
func one(p string, c byte) int {
	switch cstring.At(p, 0) {
	case 0:
		return 0
	case '?':
		return 1
	case '[':
		if in, n := inSet(p, c); in {
			return n
		} else if n > 0 {
			return 0
		}
	case '\\':
		if cstring.At(p, 1) == c && c != 0 {
			return 2
		}
		return 0
	}
	if p[0] == c {
		return 1
	}
	return 0
}

// inSet tells whether a byte is in the set that p begins with, and the set's length; 0 if it does not end.
func inSet(p string, c byte) (in bool, n int) {
	i, turned := 1, false
	if cstring.At(p, i) == '!' {
		i, turned = i+1, true
	}
	for first := true; first || cstring.At(p, i) != ']'; first = false {
		low := cstring.At(p, i)
		if low == 0 {
			return false, 0
		}
		high := low
		i++
		if cstring.At(p, i) == '-' && cstring.At(p, i+1) != ']' {
			if high = cstring.At(p, i+1); high == 0 {
				return false, 0
			}
			i += 2
		}
		in = in || low <= c && c <= high
	}
	return in != turned, i + 1
}
