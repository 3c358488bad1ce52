"""The finished guest, as its firmware and operating system see it."""
