package kprobes

import "trapline/internal/emu"

// members is a set of the probes at an address, by place in byAddr. It is a plain value, which snapshots share.
type members struct {
	first uint64 // of the first 64
	more  string // of those behind, 8 to a byte; the last byte is not 0
}

// has reports whether the set has the probe of place n.
func (m members) has(n int) bool {
	if n < 64 {
		return m.first>>n&1 != 0
	}
	at := n/8 - 8
	return at < len(m.more) && m.more[at]>>(n%8)&1 != 0
}

// with is the set with the probe of place n.
func (m members) with(n int) members {
	if n < 64 {
		m.first |= 1 << n
		return m
	}
	b := make([]byte, max(len(m.more), n/8-7))
	copy(b, m.more)
	b[n/8-8] |= 1 << (n % 8)
	m.more = string(b)
	return m
}

// without is the set without the probe of place n.
func (m members) without(n int) members {
	switch {
	case !m.has(n):
	case n < 64:
		m.first &^= 1 << n
	default:
		b := []byte(m.more)
		b[n/8-8] &^= 1 << (n % 8)
		for len(b) > 0 && b[len(b)-1] == 0 {
			b = b[:len(b)-1]
		}
		m.more = string(b)
	}
	return m
}

// few reports whether the set has none but the first 63 probes.
func (m members) few() bool { return m.first>>63 == 0 && m.more == "" }

// hash feeds the set to a state hash.
func (m members) hash(h *emu.Hasher) {
	h.Uint64(m.first)
	h.String(m.more)
}
