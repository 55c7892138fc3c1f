package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
)

// Structures and words in user memory.

// copyFromUser sets the structure that v points to, or those of the slice v, from user memory
// (copy_from_user()). word is the size of a long in their layout.
func copyFromUser(mm *mm.MM, va uint64, word int, v any) bool {
	b := make([]byte, abi.Sizeof(word, v))
	if !mm.Read(va, b) {
		return false
	}
	abi.Unmarshal(word, b, v)
	return true
}

// copyToUser writes a structure, or those of a slice, to user memory (copy_to_user()).
func copyToUser(mm *mm.MM, va uint64, word int, v any) bool {
	return mm.Write(va, abi.Marshal(word, v))
}

// putWord stores n bytes of v in user memory.
func putWord(mm *mm.MM, va uint64, n int, v uint64) bool {
	var b [8]byte
	le.PutUint64(b[:], v)
	return mm.Write(va, b[:n])
}

// getWord reads n bytes of user memory.
func getWord(mm *mm.MM, va uint64, n int) (uint64, bool) {
	var b [8]byte
	ok := mm.Read(va, b[:n])
	return le.Uint64(b[:]), ok
}
