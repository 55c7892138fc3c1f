package insn

import "math/rand/v2"

// filler follows the opcode or ModRM of a systematic candidate: displacement and immediate bytes.
var filler = []byte{0x24, 0x13, 0x57, 0x9B, 0x24, 0x68, 0xAC, 0x01, 0x12, 0x23, 0x34}

// legacyCandidates has every opcode of the four legacy maps under each mandatory prefix with every /digit in
// memory and register form, and a few addressing forms under each other prefix.
func legacyCandidates() [][]byte {
	digits := []byte{0x04, 0x0D, 0x50, 0x9C, 0x20, 0x28, 0x30, 0x38, 0xC0, 0xC9, 0xD2, 0xDB, 0xE4, 0xE8, 0xF6, 0xF8, 0xFF}
	var out [][]byte
	for _, escape := range [][]byte{{}, {0x0F}, {0x0F, 0x38}, {0x0F, 0x3A}} {
		for opcode := range 256 {
			for _, prefix := range [][]byte{{}, {0x66}, {0xF3}, {0xF2}} {
				for _, modRM := range digits {
					out = append(out, join(prefix, escape, []byte{byte(opcode), modRM}, filler))
				}
			}
			for _, prefix := range [][]byte{{0xF0}, {0x67}, {0x64}, {0x48}, {0x66, 0x48}} {
				for _, modRM := range []byte{0x06, 0x4C, 0xCA} {
					out = append(out, join(prefix, escape, []byte{byte(opcode), modRM}, filler))
				}
			}
		}
	}
	return out
}

// vexCandidates has every opcode of the VEX maps with every pp, W and L, EVEX likewise without masking, and
// XOP.
func vexCandidates() [][]byte {
	var out [][]byte
	for opcode := range 256 {
		for _, m := range []byte{8, 9, 10} {
			out = append(out, join([]byte{0x8F, 0xE0 | m, 0x78, byte(opcode), 0xC8}, filler))
		}
		for pp := range byte(4) {
			for w := range byte(2) {
				for l := range byte(3) {
					for _, m := range []byte{1, 2, 3, 5, 6} {
						for _, modRM := range []byte{0x04, 0xC0, 0xD8} {
							out = append(out, join([]byte{0x62, 0xF0 | m, w<<7 | 0x7C | pp, l<<5 | 0x08, byte(opcode), modRM}, filler))
							if l < 2 && m <= 3 {
								out = append(out, join([]byte{0xC4, 0xE0 | m, w<<7 | 0x78 | l<<2 | pp, byte(opcode), modRM}, filler))
							}
						}
					}
				}
			}
		}
	}
	return out
}

// randomCandidates has n encodings with random prefixes, fields and operands.
func randomCandidates(r *rand.Rand, n int) [][]byte {
	prefixes := []byte{0x66, 0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x40, 0x41, 0x44, 0x48, 0x4D}
	var out [][]byte
	for range n {
		var c []byte
		for range r.IntN(4) {
			c = append(c, prefixes[r.IntN(len(prefixes))])
		}
		switch r.IntN(8) {
		case 0, 1:
			c = append(c, 0x0F)
		case 2:
			c = append(c, 0x0F, 0x38)
		case 3:
			c = append(c, 0x0F, 0x3A)
		case 4:
			c = append(c[:0], 0xC5)
		case 5:
			c = append(c[:0], 0xC4, byte(r.IntN(8))<<5|byte(1+r.IntN(3)))
		}
		for len(c) < MaxLen {
			c = append(c, byte(r.IntN(256)))
		}
		out = append(out, c)
	}
	return out
}

// join concatenates parts and cuts the result to MaxLen.
func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out[:min(len(out), MaxLen)]
}
