package insn

// modRM takes ModRM, SIB and the displacement (SDM vol. 2, tables 2-1 to 2-3).
func (d *decoder) modRM() {
	d.HasModRM = true
	d.ModRMOff = d.pos
	d.ModRM = d.next()
	if d.HasMemory() {
		if d.AddressBits == 16 {
			d.DispLen = dispLen16(d.ModRM)
		} else {
			d.address32()
		}
	}
	if d.DispLen > 0 {
		d.DispOff = d.pos
		d.Disp = d.signed(d.DispLen)
	}
}

// dispLen16 is the displacement's length with 16-bit addressing: mod 00, rm 110 has no base.
func dispLen16(modRM byte) int {
	if modRM&0xC7 == 6 {
		return 2
	}
	return int(modRM >> 6)
}

// address32 takes SIB and finds the displacement's length with 32- and 64-bit addressing.
func (d *decoder) address32() {
	base := d.RM()
	if base == 4 {
		d.HasSIB = true
		d.SIB = d.next()
		base = int(d.SIB & 7)
	}
	switch d.Mod() {
	case 0:
		if base == 5 {
			d.DispLen = 4
			d.RIPRelative = !d.HasSIB && d.Mode.Is64()
		}
	case 1:
		d.DispLen = 1
	case 2:
		d.DispLen = 4
	}
}
