package fuzz

import (
	"math/rand/v2"

	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/generate"
)

// MaxCode is the length of the longest code of a Source, in bytes.
const MaxCode = 64

// Source makes code: a pure function of the seed and the number of calls.
type Source struct {
	rng       *rand.Rand
	mode      silicon.Mode
	generator *generate.Generator
	next      uint64 // sequence of the generator
}

// NewSource makes a source of code for mode.
func NewSource(mode silicon.Mode, seed uint64) *Source {
	return &Source{
		rng:       rand.New(rand.NewPCG(seed, uint64(mode))),
		mode:      mode,
		generator: generate.New(generate.Config{Mode: mode, Seed: seed, Groups: generate.AllGroups}),
	}
}

// Code makes the code of the next case, 1 to MaxCode bytes.
func (s *Source) Code() []byte {
	switch s.rng.IntN(5) {
	case 0:
		return s.random()
	case 1:
		return s.dangerous()
	case 2:
		return s.mutate(s.generated())
	case 3:
		return s.branch()
	}
	return s.mutate(s.dangerous())
}

func (s *Source) random() []byte {
	code := make([]byte, 1+s.rng.IntN(MaxCode))
	for i := range code {
		code[i] = byte(s.rng.Uint32())
	}
	return code
}

func (s *Source) generated() []byte {
	s.next++
	code := s.generator.Sequence(s.next).Code
	return code[:min(len(code), MaxCode)]
}

// prefixes are legacy prefixes and, in 64-bit mode, REX ones.
var prefixes = []byte{0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf0, 0xf2, 0xf3, 0x40, 0x41, 0x44, 0x48, 0x4f}

// openings are where the library dies or the machine does the work itself: LOCK
// on what cannot be locked, FF /3 and /5, debug and control registers, system
// instructions, far transfers, IRET, x87 environments, CMPXCHG16B, string I/O.
var openings = [][]byte{
	{0x39}, {0x81}, {0x83}, {0xff}, {0xfe}, {0xf6}, {0xf7}, {0x0f, 0xa3}, {0x0f, 0xab}, {0x0f, 0xb3}, {0x0f, 0xba}, {0x0f, 0xbb},
	{0x0f, 0xa7}, {0x0f, 0x20}, {0x0f, 0x21}, {0x0f, 0x22}, {0x0f, 0x23}, {0x0f, 0x00}, {0x0f, 0x01}, {0x0f, 0xae}, {0x0f, 0xc7},
	{0x0f, 0x05}, {0x0f, 0x07}, {0x0f, 0x34}, {0x0f, 0x35}, {0x0f, 0x30}, {0x0f, 0x32}, {0x0f, 0xa2}, {0x0f, 0x0b}, {0x0f, 0x38},
	{0x0f, 0x3a}, {0x8e}, {0x9a}, {0xea}, {0xca}, {0xcb}, {0xcf}, {0xc8}, {0xcc}, {0xcd}, {0xce}, {0xf1}, {0xf4}, {0x9c}, {0x9d},
	{0xc4}, {0xc5}, {0x62}, {0x6c}, {0x6f}, {0xd9}, {0xdb}, {0xdd}, {0xdf}, {0xa4}, {0xa6}, {0xc0}, {0xd3}, {0x17}, {0x0f, 0xb2},
}

// dangerous makes instructions that begin with prefixes and an opening.
func (s *Source) dangerous() []byte {
	var code []byte
	for range 1 + s.rng.IntN(3) {
		for range s.rng.IntN(4) {
			code = append(code, prefixes[s.rng.IntN(len(prefixes))])
		}
		code = append(code, openings[s.rng.IntN(len(openings))]...)
		for range s.rng.IntN(8) {
			code = append(code, byte(s.rng.Uint32()))
		}
	}
	return code
}

// branch makes an indirect near branch after a few instructions of another
// case. In 64-bit mode most targets are no canonical addresses.
func (s *Source) branch() []byte {
	const store, jump, call = 0x89, 4, 2
	code := s.generated()
	code = code[:s.rng.IntN(min(len(code), MaxCode/2))]
	target := byte(s.rng.IntN(8))
	op := byte(call + (jump-call)*s.rng.IntN(2))
	switch s.rng.IntN(4) {
	case 0:
		return append(code, 0xff, 0xc0|op<<3|target)
	case 1:
		return append(code, 0x50|target, 0xc3)
	case 2:
		return append(code, 0x50|target, 0xc2, byte(s.rng.Uint32()), 0)
	}
	pointer := []byte{0, 1, 2, 3, 5, 6, 7}[s.rng.IntN(7)] // RSP would take a SIB byte
	disp := byte(s.rng.Uint32())
	return append(code, 0x48, store, 0x40|target<<3|pointer, disp, 0xff, 0x40|op<<3|pointer, disp)
}

// mutate changes, drops, repeats or puts in a few bytes.
func (s *Source) mutate(code []byte) []byte {
	code = append([]byte(nil), code...)
	for range 1 + s.rng.IntN(4) {
		i := s.rng.IntN(len(code))
		switch s.rng.IntN(5) {
		case 0:
			code[i] ^= 1 << s.rng.IntN(8)
		case 1:
			code[i] = byte(s.rng.Uint32())
		case 2:
			if len(code) > 1 {
				code = append(code[:i], code[i+1:]...)
			}
		case 3:
			code = append(code[:i+1], code[i:]...)
		case 4:
			code = append(code[:i:i], append([]byte{prefixes[s.rng.IntN(len(prefixes))]}, code[i:]...)...)
		}
	}
	return code[:min(len(code), MaxCode)]
}

// Registers draws general registers: addresses in the data region, small
// numbers, anything.
func (s *Source) Registers() (gpr [16]uint64) {
	for i := range gpr {
		switch s.rng.IntN(4) {
		case 0:
			gpr[i] = dataBase + uint64(s.rng.IntN(dataSize))
		case 1:
			gpr[i] = uint64(s.rng.IntN(64))
		default:
			gpr[i] = s.rng.Uint64() >> s.rng.IntN(64)
		}
		if s.mode == silicon.Mode32 {
			gpr[i] &= 0xffffffff
		}
	}
	return gpr
}

// Place draws where in the code region n bytes go: anywhere, or so that they
// end with a page or with the region.
func (s *Source) Place(n int) uint64 {
	switch s.rng.IntN(4) {
	case 0:
		return codeBase + codeSize - uint64(n)
	case 1:
		return codeBase + codeSize/2 - uint64(s.rng.IntN(n+1))
	}
	return codeBase + uint64(s.rng.IntN(codeSize-n+1))
}
