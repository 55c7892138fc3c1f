package insn

// vexMaps and evexMaps are indexed by the map field; nil where no map is defined.
var (
	vexMaps  = [8]*opmap{Map0F: vex0F, Map0F38: vex0F38, Map0F3A: vex0F3A}
	evexMaps = [8]*opmap{Map0F: evex0F, Map0F38: evex0F38, Map0F3A: evex0F3A, EVEX5: evex5, EVEX6: evex6}
	noMap    = newMap()
)

// vex takes the rest of a VEX or EVEX prefix after its first byte and returns the map it selects.
//
//	C5  R vvvv L pp                            SDM vol. 2, figure 2-9
//	C4  R X B mmmmm   W vvvv L pp
//	62  R X B R' 0 mmm   W vvvv 1 pp   z L'L b V' aaa    SDM vol. 2, table 2-36
//
// R, X, B, R', vvvv and V' are stored inverted. Outside 64-bit mode R and X are 1 (else the byte is LES,
// LDS or BOUND), B, R', V' are ignored and so is the top bit of vvvv, except where vvvv must be 1111b.
func (d *decoder) vex(first byte) *opmap {
	v := &d.Vex
	v.Off = d.pos - 1
	p0 := d.next()
	v.R = p0&0x80 == 0
	if first == 0xC5 {
		v.Kind, d.Map = Vex2, Map0F
		d.vexPayload(p0)
		v.W = false
		return vex0F
	}
	v.X, v.B = p0&0x40 == 0, p0&0x20 == 0
	p1 := d.next()
	d.vexPayload(p1)
	maps := &vexMaps
	if first == 0x62 {
		v.Kind, maps = Evex, &evexMaps
		v.RHi = p0&0x10 == 0
		d.evexPayload(d.next())
		d.Map = Map(p0 & 7)
		if p0&8 != 0 || p1&4 == 0 { // fixed bits
			return noMap
		}
	} else {
		v.Kind, d.Map = Vex3, Map(p0&0x1F)
	}
	if !d.Mode.Is64() {
		v.B, v.RHi, v.VHi = false, false, false
	}
	if int(d.Map) >= len(maps) || maps[d.Map] == nil {
		return noMap
	}
	return maps[d.Map]
}

func (d *decoder) vexPayload(b byte) {
	v := &d.Vex
	v.W = b&0x80 != 0
	v.VVVV = ^b >> 3 & 15
	v.L = b >> 2 & 1
	v.PP = b & 3
	d.pp = v.PP
}

func (d *decoder) evexPayload(b byte) {
	v := &d.Vex
	v.Z = b&0x80 != 0
	v.L = b >> 5 & 3
	v.Bcst = b&0x10 != 0
	v.VHi = b&8 == 0
	v.AAA = b & 7
}
