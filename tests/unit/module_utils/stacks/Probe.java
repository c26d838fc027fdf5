import java.nio.ByteBuffer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * Prints the ClientHello that a program in this Java sends which sets nothing, and the one with every version that Java can be
 * made to offer. The class file of this source stands in java_probe.py; a test compiles and compares.
 */
public class Probe {
    public static void main(String[] arguments) {
        System.out.println("version " + System.getProperty("java.version"));
        tell("hello", "error", false);
        tell("bare", "bare_error", true);
    }

    private static void tell(String name, String failure, boolean everyVersion) {
        try {
            SSLEngine engine = SSLContext.getDefault().createSSLEngine("outlook.office365.com", 993);
            engine.setUseClientMode(true);
            if (everyVersion) {
                engine.setEnabledProtocols(engine.getSupportedProtocols());
            }
            ByteBuffer written = ByteBuffer.allocate(65536);
            engine.wrap(ByteBuffer.allocate(0), written);
            StringBuilder line = new StringBuilder(name).append(' ');
            for (int index = 0; index < written.position(); index++) {
                line.append(Integer.toHexString(256 + (written.get(index) & 255)).substring(1));
            }
            System.out.println(line);
        } catch (Exception error) {
            System.out.println(failure + " " + error);
        }
    }
}
