import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import org.neo4j.server.CommunityBootstrapper;
import org.neo4j.server.NeoBootstrapper;

/**
 * Starts Neo4j and ends with whoever started it.
 *
 * <p>{@code Launcher [--remove FOLDER] ARGUMENT...} starts the server with the arguments, and says
 * "ready" on standard output when it answers. A signal shuts it down in order. When standard input
 * ends, the process at its other side has died: this one ends at once and takes FOLDER with it.
 */
public final class Launcher {
  private Launcher() {}

  public static void main(String[] args) {
    boolean owned = args.length > 1 && args[0].equals("--remove");
    Path folder = owned ? Path.of(args[1]) : null;
    Thread watch = new Thread(() -> endWithParent(folder), "parent-watch");
    watch.setDaemon(true);
    watch.start();
    PrintStream output = System.out; // Neo4j puts its log in the place of System.out
    String[] rest = Arrays.copyOfRange(args, owned ? 2 : 0, args.length);
    int status = NeoBootstrapper.start(new CommunityBootstrapper(), rest);
    if (status != 0) {
      System.exit(status);
    }
    output.println("ready");
  }

  private static void endWithParent(Path owned) {
    try {
      System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException gone) {
      System.err.println(gone);
    }
    // The server still writes, so a folder may fill again behind the sweep.
    for (int sweep = 0; owned != null && Files.exists(owned) && sweep < 10; sweep++) {
      try {
        remove(owned);
      } catch (IOException again) {
        System.err.println(again);
      }
    }
    Runtime.getRuntime().halt(1);
  }

  private static void remove(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<Path>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException error) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException error)
              throws IOException {
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
