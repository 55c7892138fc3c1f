package tracearray

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"

	"trapline/kprobes/events/filter"
)

// sorted lists the rows in the order of printing. Rows that compare equal come in the order that the kernel's heap
// sort gives them, from their order by hash.
func (h *hist) sorted() []*histRow {
	var l []*histRow
	for _, r := range h.slots {
		if r != nil {
			l = append(l, r)
		}
	}
	heapSort(l, h.compare)
	return l
}

func (h *hist) compare(x, y *histRow) int {
	for _, s := range h.sort {
		c := h.compareBy(s.name, x, y)
		if s.descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func (h *hist) compareBy(name string, x, y *histRow) int {
	if name == hitcount {
		return cmp.Compare(x.count, y.count)
	}
	for i, f := range h.values {
		if f.Name == name {
			return cmp.Compare(x.values[i], y.values[i])
		}
	}
	at := 0
	for _, f := range h.keys {
		switch {
		case f.Name == name && f.Kind == filter.Text:
			return bytes.Compare(x.key[at:at+keyText], y.key[at:at+keyText])
		case f.Name == name:
			a, b := binary.LittleEndian.Uint64(x.key[at:]), binary.LittleEndian.Uint64(y.key[at:])
			if f.Signed {
				return cmp.Compare(int64(a), int64(b))
			}
			return cmp.Compare(a, b)
		case f.Kind == filter.Text:
			at += keyText
		default:
			at += 8
		}
	}
	return 0
}

// heapSort is lib/sort.c's: bottom-up, not stable.
func heapSort[T any](l []T, compare func(a, b T) int) {
	for n, root := len(l), len(l)/2; ; {
		switch {
		case root > 0:
			root--
		case n > 1:
			n--
			l[0], l[n] = l[n], l[0]
		default:
			return
		}
		leaf := root
		for 2*leaf+2 < n { // down along the greater children
			leaf = 2*leaf + 1
			if compare(l[leaf], l[leaf+1]) < 0 {
				leaf++
			}
		}
		if 2*leaf+2 == n {
			leaf = 2*leaf + 1
		}
		for leaf != root && compare(l[root], l[leaf]) >= 0 { // up to where the root belongs
			leaf = (leaf - 1) / 2
		}
		for hole := leaf; leaf != root; {
			leaf = (leaf - 1) / 2
			l[leaf], l[hole] = l[hole], l[leaf]
		}
	}
}

// jhash is Bob Jenkins' hash of 2006 (lookup3) as the kernel has it, with a start value of 0.
func jhash(key []byte) uint32 {
	const start = 0xdeadbeef
	a := uint32(start + len(key))
	b, c := a, a
	for ; len(key) > 12; key = key[12:] {
		a += binary.LittleEndian.Uint32(key)
		b += binary.LittleEndian.Uint32(key[4:])
		c += binary.LittleEndian.Uint32(key[8:])
		a = a - c ^ bits.RotateLeft32(c, 4)
		c += b
		b = b - a ^ bits.RotateLeft32(a, 6)
		a += c
		c = c - b ^ bits.RotateLeft32(b, 8)
		b += a
		a = a - c ^ bits.RotateLeft32(c, 16)
		c += b
		b = b - a ^ bits.RotateLeft32(a, 19)
		a += c
		c = c - b ^ bits.RotateLeft32(b, 4)
		b += a
	}
	if len(key) == 0 {
		return c
	}
	var rest [12]byte
	copy(rest[:], key)
	a += binary.LittleEndian.Uint32(rest[:])
	b += binary.LittleEndian.Uint32(rest[4:])
	c += binary.LittleEndian.Uint32(rest[8:])
	c = c ^ b - bits.RotateLeft32(b, 14)
	a = a ^ c - bits.RotateLeft32(c, 11)
	b = b ^ a - bits.RotateLeft32(a, 25)
	c = c ^ b - bits.RotateLeft32(b, 16)
	a = a ^ c - bits.RotateLeft32(c, 4)
	b = b ^ a - bits.RotateLeft32(a, 14)
	return c ^ b - bits.RotateLeft32(b, 24)
}
