// Package net is the sockets of the one simulated host that a machine is: AF_UNIX, TCP
// and UDP over its loopback interface, and AF_NETLINK that tells of that. Nothing of them reaches the host that simulates.
// What one sends is in the other's queue at once, so that a connection loses and delays
// nothing.
//
// What it needs of its kernel is the interface Kernel; a call that may wait is made by a
// Caller.
package net
