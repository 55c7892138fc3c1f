package vmlinux

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// The kernel packs itself as one xz block of two filters, the x86 branch
// filter and LZMA2, which is more than package xz reads: this is the container
// (xz file format 1.1), the library does LZMA2.

const xzMagic = "\xfd7zXZ\x00"

// Filter numbers of the xz format.
const (
	filterX86   = 0x04
	filterLZMA2 = 0x21
)

const (
	xzHeader  = 12 // bytes of a stream's header
	maxDict   = 128 << 20
	xzFilters = 3 // of the block flags: filters minus one
)

// xzBlock is what a block's header says.
type xzBlock struct {
	data []byte // LZMA2 chunks
	x86  bool
	dict int // bytes
}

func parseXZ(p []byte) (xzBlock, error) {
	var b xzBlock
	bad := func(what string) (xzBlock, error) {
		return b, fmt.Errorf("%w: xz %s; expected one block of LZMA2, with or without the x86 filter", ErrPacking, what)
	}
	if len(p) < xzHeader+2 {
		return bad("stream that ends early")
	}
	size := (int(p[xzHeader]) + 1) * 4
	if p[xzHeader] == 0 || len(p) < xzHeader+size {
		return bad("stream without a block")
	}
	flags, h := p[xzHeader+1], p[xzHeader+2:xzHeader+size-4]
	for _, sized := range []byte{0x40, 0x80} { // compressed, uncompressed size
		if flags&sized != 0 {
			_, n := binary.Uvarint(h)
			if n <= 0 {
				return bad("block header")
			}
			h = h[n:]
		}
	}
	for i := 0; i <= int(flags&xzFilters); i++ {
		if len(h) < 2 || int(h[1]) > len(h)-2 {
			return bad("filter")
		}
		switch props := h[2 : 2+h[1]]; {
		case h[0] == filterX86 && len(props) == 0:
			b.x86 = true
		case h[0] == filterLZMA2 && len(props) == 1 && props[0] < 40:
			b.dict = int(2|props[0]&1) << (props[0]/2 + 11)
		default:
			return bad(fmt.Sprintf("filter %#x", h[0]))
		}
		h = h[2+h[1]:]
	}
	if b.dict == 0 || b.dict > maxDict {
		return bad(fmt.Sprintf("dictionary of %d bytes", b.dict))
	}
	b.data = p[xzHeader+size:]
	return b, nil
}

func newXZReader(p []byte) (io.Reader, error) {
	b, err := parseXZ(p)
	if err != nil {
		return nil, err
	}
	return lzma.Reader2Config{DictCap: b.dict}.NewReader2(bytes.NewReader(b.data))
}

func hasX86Filter(p []byte) bool {
	if !bytes.HasPrefix(p, []byte(xzMagic)) {
		return false
	}
	b, err := parseXZ(p)
	return err == nil && b.x86
}

// decodeX86 undoes the x86 branch filter: operands of CALL and JMP (e8, e9)
// were made absolute where their top byte is 00 or ff. mask remembers which of
// the three bytes before looked like such opcodes.
func decodeX86(buf []byte) {
	top := func(b byte) bool { return b == 0 || b == 0xff }
	bits := [8]uint{0, 1, 2, 2, 3, 3, 3, 3} // highest bit set, from 1
	mask, prev := uint(0), -1
	for i := 0; i+5 <= len(buf); i++ {
		if buf[i]&0xfe != 0xe8 {
			continue
		}
		d := i - prev
		prev = i
		if d > 3 {
			mask = 0
		} else if mask = mask << (d - 1) & 7; mask != 0 {
			unsure := mask != 1 && mask != 2 && mask != 4
			if unsure || top(buf[i+4-int(bits[mask])]) {
				mask = mask<<1 | 1
				continue
			}
		}
		if !top(buf[i+4]) {
			mask = mask<<1 | 1
			continue
		}
		v := binary.LittleEndian.Uint32(buf[i+1:])
		for {
			v -= uint32(i + 5)
			if mask == 0 {
				break
			}
			j := bits[mask] * 8
			if !top(byte(v >> (24 - j))) {
				break
			}
			v ^= 1<<(32-j) - 1
		}
		v &= 0x01ffffff
		v |= -(v & 0x01000000)
		binary.LittleEndian.PutUint32(buf[i+1:], v)
		i += 4
	}
}
