package events

import (
	"math"

	"trapline/internal/cstring"
)

// Number conversion as the kernel's kstrto*() family does it: an optional
// sign, a C radix prefix where base is 0, nothing behind the digits, ERANGE
// when the value does not fit (also when something stands behind it).

// digits reads the digits of s in the base and tells how many there are.
// The value wraps on overflow.
func digits(s string, base uint64) (value uint64, n int, overflow bool) {
	for ; n < len(s); n++ {
		var d uint64
		switch c, lower := s[n], s[n]|0x20; {
		case isDigit(c):
			d = uint64(c - '0')
		case lower >= 'a' && lower <= 'f':
			d = uint64(lower-'a') + 10
		default:
			return value, n, overflow
		}
		if d >= base {
			return value, n, overflow
		}
		if value > (math.MaxUint64-d)/base {
			overflow = true
		}
		value = value*base + d
	}
	return value, n, overflow
}

// radix finds the base of a number by its prefix and takes the prefix off.
// "0x" without a hexadecimal digit behind it is the octal number 0.
func radix(s string) (rest string, base uint64) {
	if cstring.At(s, 0) != '0' {
		return s, 10
	}
	if cstring.At(s, 1)|0x20 == 'x' {
		if _, n, _ := digits(s[2:], 16); n > 0 {
			return s[2:], 16
		}
	}
	return s, 8
}

// parseMagnitude is _kstrtoull(): no sign.
func parseMagnitude(s string, base uint64) (uint64, Errno) {
	if base == 0 {
		s, base = radix(s)
	}
	value, n, overflow := digits(s, base)
	switch {
	case overflow:
		return 0, ERANGE
	case n == 0 || n != len(s):
		return 0, EINVAL
	}
	return value, 0
}

// ParseUint is kstrtoul() for bits of 64, and kstrtouint() or a 32-bit
// kernel's kstrtoul() for bits of 32. Base 0 goes by the prefix. The number is
// EINVAL for what is no number, ERANGE for one that does not fit.
func ParseUint(s string, base uint64, bits int) (uint64, Errno) {
	if cstring.At(s, 0) == '+' {
		s = s[1:]
	}
	value, errno := parseMagnitude(s, base)
	if errno == 0 && bits < 64 && value>>bits != 0 {
		return 0, ERANGE
	}
	return value, errno
}

// parseInt is kstrtol() on a kernel of the given word width.
func parseInt(s string, bits int) (int64, Errno) {
	var value int64
	if cstring.At(s, 0) == '-' {
		m, errno := parseMagnitude(s[1:], 0)
		if errno != 0 {
			return 0, errno
		}
		if m > 1<<63 {
			return 0, ERANGE
		}
		value = -int64(m)
	} else {
		m, errno := ParseUint(s, 0, 64)
		if errno != 0 {
			return 0, errno
		}
		if m > math.MaxInt64 {
			return 0, ERANGE
		}
		value = int64(m)
	}
	if bits == 32 && value != int64(int32(value)) {
		return 0, ERANGE
	}
	return value, 0
}

// scanUint is simple_strtoul(): what digits there are, wrapping, and the rest
// of the text.
func scanUint(s string) (value uint64, rest string) {
	body, base := radix(s)
	value, n, _ := digits(body, base)
	return value, body[n:]
}
