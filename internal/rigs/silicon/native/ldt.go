//go:build linux && amd64

package native

import (
	"encoding/binary"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"trapline/internal/rigs/silicon"
)

// setLDT gives the child a local descriptor table, by modify_ldt(2).
func (c *child) setLDT(table []uint64) error {
	const writeLDT, size = 0x11, 16
	const modifyLDT32, modifyLDT64 = 123, 154
	if slices.Equal(c.ldt, table) {
		return nil
	}
	data, stack := make([]byte, silicon.DataSize), make([]byte, silicon.StackSize)
	for i, d := range table {
		copy(data, userDesc(i, d))
		if err := c.copyMemory(unix.ProcessVMWritev, data, stack); err != nil {
			return err
		}
		r, err := c.systemCall(modifyLDT32, modifyLDT64, writeLDT, silicon.DataBase, size)
		if err != nil {
			return err
		}
		if r != 0 {
			return fmt.Errorf("%w: modify_ldt of %#x: result %#x", ErrUnavailable, d, r)
		}
	}
	c.ldt = slices.Clone(table)
	return nil
}

// userDesc is struct user_desc for the entry: its number, base and limit, then
// a bit each for D/B, the type's E or C and code bits, !W or !R, G, !P, AVL.
func userDesc(entry int, d uint64) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, uint32(entry))
	b = le.AppendUint32(b, uint32(d>>16&0xffffff|d>>56<<24))
	b = le.AppendUint32(b, uint32(d&0xffff|d>>48&0xf<<16))
	bit := func(n int) uint32 { return uint32(d >> n & 1) }
	return le.AppendUint32(b, bit(54)|bit(42)<<1|bit(43)<<2|(bit(41)^1)<<3|bit(55)<<4|(bit(47)^1)<<5|bit(52)<<6)
}
