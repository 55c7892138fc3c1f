package abi

import "encoding/binary"

// Timespec is a moment or a length of time.
type Timespec struct{ Sec, Nsec int64 }

// Stat is what the stat family tells of a file, before it is laid out.
type Stat struct {
	Dev, Ino, Nlink, Rdev uint64 // device numbers as struct stat of x86-64 has them
	Size, Blksize, Blocks uint64 // bytes; Blocks in units of 512
	Mode, Uid, Gid        uint32
	Atime, Mtime, Ctime   Timespec
}

// STATX_BASIC_STATS is the mask of the fields that statx(2) gives.
const STATX_BASIC_STATS = 0x7ff

// STATX__RESERVED is the bit of a mask that is refused.
const STATX__RESERVED = 0x80000000

var le = binary.LittleEndian

// Stat64 is struct stat of x86-64, 144 bytes.
func (s *Stat) Stat64() []byte {
	b := make([]byte, 144)
	le.PutUint64(b, s.Dev)
	le.PutUint64(b[8:], s.Ino)
	le.PutUint64(b[16:], s.Nlink)
	le.PutUint32(b[24:], s.Mode)
	le.PutUint32(b[28:], s.Uid)
	le.PutUint32(b[32:], s.Gid)
	for i, v := range []uint64{s.Rdev, s.Size, s.Blksize, s.Blocks} {
		le.PutUint64(b[40+8*i:], v)
	}
	for i, ts := range []Timespec{s.Atime, s.Mtime, s.Ctime} {
		le.PutUint64(b[72+16*i:], uint64(ts.Sec))
		le.PutUint64(b[80+16*i:], uint64(ts.Nsec))
	}
	return b
}

// Stat32 is struct stat64 of i386, 96 bytes.
func (s *Stat) Stat32() []byte {
	b := make([]byte, 96)
	le.PutUint64(b, s.Dev)
	le.PutUint32(b[12:], uint32(s.Ino))
	le.PutUint32(b[16:], s.Mode)
	le.PutUint32(b[20:], uint32(s.Nlink))
	le.PutUint32(b[24:], s.Uid)
	le.PutUint32(b[28:], s.Gid)
	le.PutUint64(b[32:], s.Rdev)
	le.PutUint64(b[44:], s.Size)
	le.PutUint32(b[52:], uint32(s.Blksize))
	le.PutUint64(b[56:], s.Blocks)
	for i, ts := range []Timespec{s.Atime, s.Mtime, s.Ctime} {
		le.PutUint32(b[64+8*i:], uint32(ts.Sec))
		le.PutUint32(b[68+8*i:], uint32(ts.Nsec))
	}
	le.PutUint64(b[88:], s.Ino)
	return b
}

// Statx is struct statx, 256 bytes, of both architectures.
func (s *Stat) Statx() []byte {
	b := make([]byte, 256)
	le.PutUint32(b, STATX_BASIC_STATS)
	le.PutUint32(b[4:], uint32(s.Blksize))
	le.PutUint32(b[16:], uint32(s.Nlink))
	le.PutUint32(b[20:], s.Uid)
	le.PutUint32(b[24:], s.Gid)
	le.PutUint16(b[28:], uint16(s.Mode))
	le.PutUint64(b[32:], s.Ino)
	le.PutUint64(b[40:], s.Size)
	le.PutUint64(b[48:], s.Blocks)
	for at, ts := range map[int]Timespec{64: s.Atime, 96: s.Ctime, 112: s.Mtime} {
		le.PutUint64(b[at:], uint64(ts.Sec))
		le.PutUint32(b[at+8:], uint32(ts.Nsec))
	}
	for at, d := range map[int]uint64{128: s.Rdev, 136: s.Dev} {
		le.PutUint32(b[at:], uint32(d>>8&0xfff))
		le.PutUint32(b[at+4:], uint32(d&0xff|d>>12&0xfff00))
	}
	return b
}
