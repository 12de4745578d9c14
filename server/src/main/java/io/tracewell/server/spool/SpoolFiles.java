package io.tracewell.server.spool;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The few things the spool asks of a file system, so that a test can take power away between any
 * two of them. What was not forced, and a name whose directory was not synced, may be gone or half
 * there after a crash.
 */
public interface SpoolFiles {
  /** Names of all files, in no order. */
  List<String> list() throws IOException;

  /** Opens a file for reading and appending; makes it where it does not exist. */
  SpoolFile open(String name) throws IOException;

  /** Removes a file. */
  void delete(String name) throws IOException;

  /** Gives a file another name. */
  void rename(String from, String to) throws IOException;

  /** Makes creations, removals and renames durable. */
  void syncDirectory() throws IOException;

  /** Share of the disk that is free, 0 to 1. */
  double freeShare() throws IOException;

  /** One open file. */
  interface SpoolFile extends Closeable {
    /** Length in bytes. */
    long size() throws IOException;

    /** Writes all of {@code bytes} at the end. */
    void append(ByteBuffer bytes) throws IOException;

    /** Fills {@code into} from {@code position}; stops early at the end of the file. */
    void read(long position, ByteBuffer into) throws IOException;

    /** Makes what was appended durable. */
    void force() throws IOException;

    /** Cuts the file. */
    void truncate(long size) throws IOException;
  }
}
