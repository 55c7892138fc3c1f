package vfs

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"trapline/internal/linux/abi"
)

// Fingerprints tells for each path of Changes what stands there now, so that two runs can be compared: a mode in octal with
// the hash of a file's contents or with a link's target, or "removed".
func (o *Overlay) Fingerprints() map[string]string {
	prints := map[string]string{}
	made, removed := o.Changes()
	for _, p := range removed {
		prints[p] = "removed"
	}
	for _, p := range made {
		n := o.names[inRoot(p)]
		switch {
		case n.Inode != nil:
			h := sha256.New()
			_ = o.eachPage(n, func(off int64, b []byte) error { // its files were read before
				_, err := h.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(off)), b...))
				return err
			})
			prints[p] = fmt.Sprintf("%o, %d bytes, hash %x", n.Attr.Mode, n.Inode.Size, h.Sum(nil))
		case n.Attr.Mode&abi.S_IFMT == abi.S_IFLNK:
			prints[p] = "link to " + n.Target
		default:
			prints[p] = fmt.Sprintf("%o", n.Attr.Mode)
		}
	}
	return prints
}
