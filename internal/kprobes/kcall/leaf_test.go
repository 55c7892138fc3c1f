package kcall_test

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"slices"
	"strings"
)

const text = "The quick brown fox jumps over the lazy dog"

// leafCalls are functions of string, checksum, sorting, bitmap and crypto
// helpers, with what Go says that they give.
func leafCalls() []call {
	var list []call
	for _, f := range [][]call{stringCalls(), memoryCalls(), checksumCalls(), bitCalls(), numberCalls(), cryptoCalls(), sortCalls()} {
		list = append(list, f...)
	}
	return list
}

func stringCalls() []call {
	return []call{
		{name: "strlen", args: []any{str(text)}, value: len(text)},
		{name: "strnlen", args: []any{str(text), 9}, value: 9},
		{name: "strcmp", args: []any{str("alpha"), str("alphb")}, value: strings.Compare("alpha", "alphb"), bits: 32},
		{name: "strncmp", args: []any{str("alpha"), str("alphb"), 4}, value: 0, bits: 32},
		{name: "strcasecmp", args: []any{str("AlphA"), str("aLPHa")}, value: 0, bits: 32},
		{name: "strchr", args: []any{str(text), 'q'}, value: pointer{0, strings.IndexByte(text, 'q')}},
		{name: "strchr", args: []any{str(text), '!'}, value: 0},
		{name: "strrchr", args: []any{str(text), 'o'}, value: pointer{0, strings.LastIndexByte(text, 'o')}},
		{name: "strstr", args: []any{str(text), str("fox")}, value: pointer{0, strings.Index(text, "fox")}},
		{name: "strspn", args: []any{str("aabbcX"), str("abc")}, value: 5},
		{name: "strcspn", args: []any{str("XYZabc"), str("abc")}, value: 3},
		{name: "strpbrk", args: []any{str(text), str("xyz")}, value: pointer{0, strings.IndexAny(text, "xyz")}},
		{name: "strscpy", args: []any{make([]byte, 16), str("copied"), 16}, value: 6, memory: map[int][]byte{0: append([]byte("copied"), make([]byte, 10)...)}},
		{name: "skip_spaces", args: []any{str("   x")}, value: pointer{0, 3}},
		{name: "sysfs_streq", args: []any{str("on\n"), str("on")}, value: 1, bits: 8},
		{name: "hex_to_bin", args: []any{'c'}, value: 12, bits: 32},
	}
}

func memoryCalls() []call {
	moved := []byte("0123456789")
	copy(moved[2:], moved[:8])
	return []call{
		{name: "memcpy", args: []any{make([]byte, 64), str(text), len(text)}, value: pointer{0, 0}, memory: map[int][]byte{0: append([]byte(text), make([]byte, 64-len(text))...)}},
		{name: "memmove", args: []any{make([]byte, 10), []byte("0123456789"), 10}, memory: map[int][]byte{0: []byte("0123456789")}},
		{name: "memset", args: []any{make([]byte, 40), 0xa5, 33}, memory: map[int][]byte{0: append(bytes.Repeat([]byte{0xa5}, 33), make([]byte, 7)...)}},
		{name: "memcmp", args: []any{[]byte("abcdefgh1"), []byte("abcdefgh1"), 9}, value: 0, bits: 32},
		{name: "memchr", args: []any{[]byte(text), 'j', len(text)}, value: pointer{0, strings.IndexByte(text, 'j')}},
		{name: "memscan", args: []any{[]byte(text), 'z', len(text)}, value: pointer{0, strings.IndexByte(text, 'z')}},
		{name: "memchr_inv", args: []any{append(bytes.Repeat([]byte{7}, 50), 8, 7), 7, 52}, value: pointer{0, 50}},
		{name: "bin2hex", args: []any{make([]byte, 8), []byte{0xde, 0xad, 0xbe, 0xef}, 4}, value: pointer{0, 8}, memory: map[int][]byte{0: []byte("deadbeef")}},
	}
}

// onesComplement is the Internet checksum's sum, folded to 16 bits.
func onesComplement(b []byte) uint32 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.LittleEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return sum
}

// crcReflected is a bitwise CRC of 16 bits with a reflected polynomial.
func crcReflected(crc, poly uint16, b []byte) uint64 {
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ poly
			} else {
				crc >>= 1
			}
		}
	}
	return uint64(crc)
}

func checksumCalls() []call {
	even := []byte(text + "!")
	return []call{
		{name: "crc32_le", args: []any{0xffffffff, []byte(text), len(text)}, value: ^crc32.ChecksumIEEE([]byte(text)), bits: 32},
		{name: "__crc32c_le", args: []any{0xffffffff, []byte(text), len(text)}, value: ^crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)), bits: 32},
		{name: "crc_ccitt", args: []any{0xffff, []byte(text), len(text)}, value: crcReflected(0xffff, 0x8408, []byte(text)), bits: 16},
		{name: "ip_compute_csum", args: []any{even, len(even)}, value: ^onesComplement(even) & 0xffff, bits: 16},
	}
}

func bitCalls() []call {
	a, b := []uint64{0xff00ff00ff00ff00, 0x0123456789abcdef}, []uint64{0x0ff00ff00ff00ff0, 0xffff0000ffff0000}
	return []call{
		{name: "__sw_hweight32", args: []any{0xf0f0f0f0}, value: 16, bits: 32},
		{name: "__sw_hweight64", args: []any{a[1]}, value: bits.OnesCount64(a[1])},
		{name: "_find_first_bit", args: []any{le(0, 1<<17), 128}, value: 64 + 17},
		{name: "_find_first_zero_bit", args: []any{le(^uint64(0), 0xff), 128}, value: 64 + 8},
		{name: "_find_next_bit", args: []any{le(1, 1<<40), 128, 1}, value: 64 + 40},
		{name: "_find_last_bit", args: []any{le(1<<9, 1<<3), 128}, value: 64 + 3},
		{name: "__bitmap_weight", args: []any{le(a...), 128}, value: bits.OnesCount64(a[0]) + bits.OnesCount64(a[1]), bits: 32},
		{name: "__bitmap_and", args: []any{le(0, 0), le(a...), le(b...), 128}, value: 1, bits: 8, memory: map[int][]byte{0: le(a[0]&b[0], a[1]&b[1])}},
		{name: "__bitmap_or", args: []any{le(0, 0), le(a...), le(b...), 128}, memory: map[int][]byte{0: le(a[0]|b[0], a[1]|b[1])}},
		{name: "__bitmap_equal", args: []any{le(a...), le(a...), 128}, value: 1, bits: 8},
		{name: "__bitmap_shift_left", args: []any{le(0, 0), le(a...), 12, 128}, memory: map[int][]byte{0: le(a[0]<<12, a[1]<<12|a[0]>>52)}},
	}
}

func numberCalls() []call {
	return []call{
		{name: "int_sqrt", args: []any{1_000_003}, value: 1000},
		{name: "gcd", args: []any{5040, 4095}, value: 315},
		{name: "lcm", args: []any{21, 6}, value: 42},
		{name: "int_pow", args: []any{7, 11}, value: 1977326743},
		{name: "kstrtoull", args: []any{str("0x1234abcd"), 0, le(0)}, value: 0, bits: 32, memory: map[int][]byte{2: le(0x1234abcd)}},
		{name: "simple_strtoul", args: []any{str("777rest"), 0, 8}, value: 0o777},
	}
}

func cryptoCalls() []call {
	a, b := []byte("0123456789abcdef"), []byte("fedcba9876543210")
	xor := slices.Clone(a)
	for i := range b {
		xor[i] ^= b[i]
	}
	// One block of SHA-1: a message of 55 bytes at most, padded.
	msg := []byte(text)
	block := make([]byte, 64)
	copy(block, msg)
	block[len(msg)] = 0x80
	binary.BigEndian.PutUint64(block[56:], uint64(len(msg))*8)
	sum := sha1.Sum(msg)
	var digest []byte
	for i := 0; i < len(sum); i += 4 {
		digest = append(digest, le32(binary.BigEndian.Uint32(sum[i:]))...)
	}
	sum256 := sha256.Sum256(msg)
	return []call{
		{name: "sha256", args: []any{msg, len(msg), make([]byte, 32)}, memory: map[int][]byte{2: sum256[:]}},
		{name: "__crypto_memneq", args: []any{a, slices.Clone(a), 16}, value: 0},
		{name: "__crypto_xor", args: []any{make([]byte, 16), a, b, 16}, memory: map[int][]byte{0: xor}},
		{name: "sha1_transform", args: []any{le32(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0), block, make([]byte, 64)}, memory: map[int][]byte{0: digest}},
	}
}

// compare is int compare(const int *a, const int *b).
var compare = guest{
	0x8b, 0x07, // mov (%rdi),%eax
	0x2b, 0x06, // sub (%rsi),%eax
	0xc3,
}

func sortCalls() []call {
	list := []uint32{31, 4, 15, 9, 26, 5, 35, 8, 97, 9, 32, 3, 84, 62}
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	i, _ := slices.BinarySearch(sorted, 35)
	return []call{
		{name: "sort_r", args: []any{le32(list...), len(list), 4, compare, 0, 0}, memory: map[int][]byte{0: le32(sorted...)}},
		{name: "bsearch", args: []any{le32(35), le32(sorted...), len(sorted), 4, compare}, value: pointer{1, 4 * i}},
	}
}

// not386 are the functions that take or give a 64-bit number in two registers
// there, or that the 32-bit kernel does not have.
var not386 = map[string]bool{"__sw_hweight64": true, "int_pow": true, "ip_compute_csum": true}

// leafCalls386 are the calls whose arguments are the same in a 32-bit kernel.
func leafCalls386() []call {
	var list []call
	for _, x := range leafCalls() {
		if not386[x.name] {
			continue
		}
		for i, a := range x.args {
			if _, ok := a.(guest); ok {
				x.args[i] = compare386
			}
		}
		if x.bits == 0 {
			x.bits = 32
		}
		list = append(list, x)
	}
	return list
}

// compare386 is compare with its arguments in eax and edx.
var compare386 = guest{
	0x8b, 0x00, // mov (%eax),%eax
	0x2b, 0x02, // sub (%edx),%eax
	0xc3,
}
