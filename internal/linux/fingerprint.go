package linux

import (
	"crypto/sha256"
	"fmt"
	"io"

	"trapline/internal/linux/abi"
)

// Fingerprints tells for each path of Changes what stands there now, so that two runs can be compared: a mode in octal with
// the hash of a file's contents or with a link's target, or "removed".
func (k *Kernel) Fingerprints() map[string]string {
	prints := map[string]string{}
	made, removed := k.Changes()
	for _, p := range removed {
		prints[p] = "removed"
	}
	for _, p := range made {
		n := k.names[inRoot(p)]
		switch {
		case n.inode != nil:
			h := sha256.New()
			_, _ = io.Copy(h, io.NewSectionReader(nodeFile{k, n}, 0, n.inode.Size)) // neither end fails
			prints[p] = fmt.Sprintf("%o, %d bytes, sha256 %x", n.st.Mode, n.inode.Size, h.Sum(nil))
		case n.st.Mode&abi.S_IFMT == abi.S_IFLNK:
			prints[p] = "link to " + n.target
		default:
			prints[p] = fmt.Sprintf("%o", n.st.Mode)
		}
	}
	return prints
}
