package events

// isAddress tells whether the kernel probe is given by its address.
func (d *Definition) isAddress() bool { return d.Kind == Kprobe && d.Symbol == "" }

// ResolveSymbols looks up the symbols of @KSYM arguments, as the kernel does
// when it registers the probe, and keeps their addresses in [Expr.Value]. The
// number is ENOENT for an unknown symbol, EINVAL or ERANGE for a bad offset,
// and 0 when all were found (traceprobe_update_arg()).
func (d *Definition) ResolveSymbols(syms Symbols) Errno {
	for i := range d.Args {
		e := d.Args[i].Expr.Base()
		if e.Kind != MemorySymbol {
			continue
		}
		name, offset, errno := splitSymbol(e.Text, wordBits(d.Arch))
		if errno != 0 {
			return errno
		}
		addr, ok := syms.Address(name)
		if !ok || addr == 0 {
			return ENOENT
		}
		e.Value = d.Arch.Mask(addr + uint64(offset))
	}
	return 0
}
