package emu

import "encoding/binary"

// LeftOut is bytes of one frame that a hash leaves out: see HashWithout.
type LeftOut struct {
	frame Frame
	block int
	keep  [blockSize / 8]uint64 // a byte of ones for each byte that counts
}

// LeaveOut makes the pieces of a frame whose bytes out names, a bit each.
func LeaveOut(f Frame, out []uint64) []*LeftOut {
	var list []*LeftOut
	for block := range blocksPerPage {
		l := &LeftOut{frame: f, block: block}
		some := false
		for i := range l.keep {
			at := block*blockSize + 8*i
			bits := uint8(out[at/64] >> (at % 64))
			some = some || bits != 0
			for b := range 8 {
				if bits>>b&1 == 0 {
					l.keep[i] |= 0xff << (8 * b)
				}
			}
		}
		if some {
			list = append(list, l)
		}
	}
	return list
}

// hash is the hash of a block without what is left out.
func (l *LeftOut) hash(b *block) Fingerprint {
	var h Hasher
	for i, keep := range l.keep {
		h.Uint64(binary.LittleEndian.Uint64(b.data[8*i:]) & keep)
	}
	return h.All()
}

// hashWithout is hash without bytes of some frames. Pieces of one frame follow
// each other.
func (p *PhysMem) hashWithout(out []*LeftOut) Fingerprint {
	sum := p.hash()
	for i := 0; i < len(out); {
		f := out[i].frame
		page := p.saved[f]
		h := page.hash
		for ; i < len(out) && out[i].frame == f; i++ {
			l := out[i]
			b := page.blocks[l.block]
			h.add(l.hash(b).at(uint64(l.block)))
			h.sub(b.hash.at(uint64(l.block)))
		}
		sum.add(h.at(uint64(f)))
		sum.sub(p.hashes[f])
	}
	return sum
}

// HashWithout is the fingerprint whose first half is Hash, without the bytes of memory given. Pieces of one frame
// follow each other.
func (m *Machine) HashWithout(clocks bool, out []*LeftOut) Fingerprint {
	return m.stateHash(clocks || m.clocksRead, m.Mem.hashWithout(out))
}

// EndHashWithout is that whose first half is EndHash, without the bytes of memory given.
func (m *Machine) EndHashWithout(out []*LeftOut) Fingerprint {
	return m.stateHash(false, m.Mem.hashWithout(out))
}
